"""A stranger under one of our names is refused, by naming the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import discovery

GROUND = Path(discovery.__file__).parents[1]
CHECK = "from discovery.identity import refuse_strangers; refuse_strangers()"


def test_our_own_packages_are_no_strangers(tmp_path):
    assert complaint_with(tmp_path) == ""


@pytest.mark.parametrize("name", ["emulator", "tqsdk"])
def test_a_strangers_module_is_named(tmp_path, name):
    stranger = tmp_path / f"{name}.py"
    stranger.write_text("raise SystemExit('was imported')")

    assert complaint_with(tmp_path).startswith(f"ImportError: `import {name}` finds {stranger}, ")


def test_a_strangers_package_is_named(tmp_path):
    stranger = tmp_path / "emulator" / "__init__.py"
    stranger.parent.mkdir()
    stranger.touch()

    assert f"finds {stranger}, " in complaint_with(tmp_path)


def test_a_stranger_that_is_imported_already_is_named(tmp_path):
    stranger = tmp_path / "emulator.py"
    stranger.touch()
    found_first = f"import sys, emulator; sys.path.remove({str(tmp_path)!r})"

    assert f"finds {stranger}, " in complaint_with(tmp_path, first=found_first)


def test_the_trading_sdk_of_the_same_name_is_named_with_the_way_out(tmp_path):
    metadata = tmp_path / "tqsdk-3.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: tqsdk\nVersion: 3.0\n")
    (metadata / "RECORD").write_text("tqsdk/__init__.py,,\n")

    complaint = complaint_with(tmp_path)

    assert complaint.startswith("ImportError: tqsdk 3.0, another project")
    assert str(tmp_path / "tqsdk" / "__init__.py") in complaint
    assert "pip uninstall tqsdk" in complaint
    assert "taskqueue-sdk" in complaint


def test_the_check_works_through_a_symbolic_link(tmp_path):
    (tmp_path / "link").symlink_to(GROUND)

    assert complaint_with(tmp_path / "link") == ""


def test_importing_discovery_imports_nothing_else():
    code = "import sys; old = {*sys.modules}; import discovery; print(*{*sys.modules} - old)"

    assert run(code, GROUND).stdout.split() == ["discovery"]


def complaint_with(folder: Path, *, first: str = "pass") -> str:
    """The last line that the check prints to stderr when *folder* comes first on the path."""
    lines = run(f"{first}\n{CHECK}", folder, GROUND).stderr.splitlines()
    return lines[-1] if lines else ""


def run(code: str, *path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
    )
