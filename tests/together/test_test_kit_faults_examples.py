"""The examples of docs/test-kit-faults.md do what it says, typed in their order."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import emulator
from tests.durability.process import environment

DOCS = Path(__file__).parents[2] / "docs/test-kit-faults.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on the path")
def test_the_examples_print_what_the_docs_show():
    with emulator.running() as server:
        env = environment(
            FAULTS=f"{server.url}/_emulator/v1/faults",
            TASKS=f"{server.url}/taskqueue/v1beta2/projects/s~my-app/taskqueues/mail/tasks",
        )
        ran = 0
        for command, shown in examples():
            done = subprocess.run(
                ["bash", "-c", command],
                env=env,
                stdout=subprocess.PIPE,
                text=True,
                timeout=60,
                check=False,
            )
            ran += 1

            assert done.stdout == shown, f"$ {command}"
    assert ran > 10


def examples():
    """Each command, and what the docs show below it."""
    for block in re.findall(r"^```example\n(.*?)^```", DOCS.read_text("utf-8"), re.M | re.S):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = example.partition("\n")
            yield command, shown
