"""Every command on the page of snapshots, run as it stands there, prints what stands below it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from discovery import contract
from tests.durability.process import TQ_EMULATOR, ServerProcess, environment

PAGE = Path(__file__).parents[2] / "docs" / "test-kit-snapshots.md"


def test_the_examples_print_what_the_page_says(tmp_path):
    server = ServerProcess(tmp_path, "--control")
    path = f"{TQ_EMULATOR.parent}{os.pathsep}{os.environ['PATH']}"
    try:
        for command, expected in examples():
            run = subprocess.run(
                command.replace("http://127.0.0.1:8088", server.url),
                shell=True,
                cwd=tmp_path,
                env=environment(PATH=path),
                capture_output=True,
                text=True,
                timeout=30,
            )
            printed = run.stdout + run.stderr
            assert run.returncode == 0, (command, printed)
            # How long a backup is depends on SQLite.
            assert "backup" in command or printed == expected, command
    finally:
        server.kill()


def test_every_method_of_snapshots_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")

    for method in contract.control().methods.values():
        if method.id.startswith("emulator.snapshots."):
            path = method.path.replace("{snapshot}", "NAME")
            assert f"`{method.verb} /_emulator/v1/{path}`" in text


def examples() -> list[tuple[str, str]]:
    """The commands of the page, each with what it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    found = [
        (command, output)
        for block in blocks
        for command, output in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.M)
    ]
    assert found
    return found
