"""The examples of docs/test-kit.md run: those for pytest in a run of it, those for unittest too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "test-kit.md"


def test_the_examples_for_pytest_pass(pytester):
    pytester.makepyfile(test_examples="".join(blocks("taskqueue)", "taskqueue_")))

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
    seen = [*blocks("taskqueue)", "taskqueue_"), *blocks("unittest"), *blocks("with emulator.ru")]

    assert len(seen) == len(blocks(""))


@pytest.mark.parametrize("command", re.findall(r"^\$ (curl .*)$", DOCS.read_text("utf-8"), re.M))
def test_the_commands_do_what_they_say(server, command):
    here = command.replace("localhost:8088", server.host).replace("seconds=30", "seconds=0")

    done = subprocess.run(
        ["bash", "-c", f"{here} --fail"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def blocks(*having: str) -> list[str]:
    """The blocks of Python that have one of these texts and are not for unittest, but if asked."""
    found = re.findall(r"^```python\n(.*?)^```", DOCS.read_text("utf-8"), re.M | re.S)
    return [
        block
        for block in found
        if any(each in block for each in having)
        and ("unittest" in having or having == ("",) or "unittest" not in block)
    ]
