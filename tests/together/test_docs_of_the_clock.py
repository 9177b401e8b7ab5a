"""Every command of the clock's page, run as it stands there, prints what stands below it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.durability.process import ServerProcess

PAGE = Path(__file__).parents[2] / "docs" / "test-kit-clock.md"


def test_the_examples_print_what_the_page_says(tmp_path):
    server = ServerProcess(tmp_path, "--control", "--store", "sqlite://")
    try:
        for command, expected in examples():
            here = command.replace("http://127.0.0.1:8088", server.url)
            run = subprocess.run(
                here, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=30
            )
            assert (run.returncode, run.stdout) == (0, expected), command
    finally:
        server.kill()


def test_every_method_of_the_clock_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")

    for method in ("freeze", "advance", "set", "scale", "autoJump"):
        assert f"`POST /_emulator/v1/clock/{method}" in text


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
