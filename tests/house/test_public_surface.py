"""What users rely on changes only where it is announced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path

from tests.house import surface

ROOT = Path(__file__).parents[2]


def test_the_public_surface_is_as_it_is_written_down():
    found = surface.FILE.read_text(encoding="utf-8").splitlines()
    diff = list(unified_diff(found, surface.text().splitlines(), "written", "found", lineterm=""))

    assert diff == [], (
        "the public surface has changed: if that is wanted, run `python -m tests.house.surface` "
        "and say so in CHANGELOG.md"
    )


def test_a_name_of_every_kind_is_written_down():
    lines = surface.FILE.read_text(encoding="utf-8").splitlines()

    assert "class tqsdk.Queue()" in lines
    assert "class tqsdk.TaskExistsError(ApiError)" in lines
    assert "tqsdk.ApiError.status" in lines
    assert "tqsdk.Lease.payload: bytes" in lines
    assert "tqsdk.Limits.none(cls) -> Limits" in lines
    assert "tqsdk.compat.googleapi.uninstall() -> None" in lines
    assert "class tqsdk.testing.Recorder()" in lines


def test_every_public_type_is_known_to_type_checkers():
    environment = {
        **os.environ,
        # --verifytypes looks for packages with the first python that it finds.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "pyright", "--verifytypes", "tqsdk", "--ignoreexternal"]

    done = subprocess.run(
        [*command, "--outputjson"], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    report = json.loads(done.stdout)["typeCompleteness"]
    poor = [
        each["name"]
        for each in report["symbols"]
        if each["isExported"] and (not each["isTypeKnown"] or each["isTypeAmbiguous"])
    ]
    assert poor == []
    assert report["completenessScore"] == 1
    assert report["exportedSymbolCounts"]["withKnownType"] > 500
