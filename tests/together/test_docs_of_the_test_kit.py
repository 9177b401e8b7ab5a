"""The examples of docs/test-kit.md run: those for pytest in a run of it, those for unittest too."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulator
from emulator.testing import Server

DOCS = Path(__file__).parents[2] / "docs" / "test-kit.md"


def test_the_examples_for_pytest_pass(pytester):
    pytester.makepyfile(test_examples="".join(blocks("(taskqueue")))

    outcome = pytester.runpytest_subprocess("-p", "no:xdist", "-p", "no:hypothesispytest")

    outcome.assert_outcomes(passed=5)


def test_the_example_for_unittest_passes(tmp_path):
    (example,) = blocks("unittest")
    (tmp_path / "example.py").write_text(example)

    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert "Ran 1 test" in done.stderr
    assert done.returncode == 0, done.stderr


def test_the_example_of_a_plain_server_runs(capsys):
    (example,) = blocks("with emulator.running(")

    exec(compile(example, "test-kit.md", "exec"), {})

    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


def test_every_example_is_run():
    run = [*blocks("(taskqueue"), *blocks("unittest"), *blocks("with emulator.running(")]

    assert sorted(run) == sorted(blocks(""))


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """Whose time may be moved."""
    with emulator.running() as server:
        yield server


@pytest.mark.parametrize("command", re.findall(r"^\$ (curl .*)$", DOCS.read_text("utf-8"), re.M))
def test_the_commands_do_what_they_say(own_server, command):
    here = command.replace("localhost:8088", own_server.host)

    done = subprocess.run(
        ["bash", "-c", f"{here} --fail"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def blocks(having: str) -> list[str]:
    """The blocks of Python that have this text."""
    found = re.findall(r"^```python\n(.*?)^```", DOCS.read_text("utf-8"), re.M | re.S)
    return [block for block in found if having in block]
