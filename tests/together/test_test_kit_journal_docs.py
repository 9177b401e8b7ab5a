"""The examples of docs/test-kit-journal.md do what it says, typed in their order."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import emulator
from tests.durability.process import environment

TEXT = (Path(__file__).parents[2] / "docs/test-kit-journal.md").read_text("utf-8")


def test_the_examples_print_what_the_docs_show():
    with emulator.running() as server:
        api = f"{server.url}/taskqueue/v1beta2/projects/s~my-app/taskqueues"
        variables = {"SERVER": server.url, "API": api}
        env = environment(PATH=os.environ["PATH"], **variables)
        for command, shown in examples():
            printed = begun(command, env, shown) if "/stream" in command else done(command, env)

            assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}"


def done(command, env):
    """All that *command* prints."""
    return subprocess.run(
        ["bash", "-c", command], env=env, stdout=subprocess.PIPE, text=True, timeout=60, check=False
    ).stdout


def begun(command, env, shown):
    """The first lines that *command*, which never ends, prints; as many as are shown."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in shown.splitlines()]
        process.kill()
    return "".join(lines)


def examples():
    """Each command but that which starts the server, and what the docs show below it."""
    for block in re.findall(r"^```console\n(.*?)^```", TEXT, re.M | re.S):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = example.partition("\n")
            if not command.startswith("tq-emulator"):
                yield command, shown


def pattern(shown):
    """An ellipsis stands for the rest of its line; JSON ends in a line break, others need not."""
    return re.escape(shown).replace("\u2026", ".+") + r"\n?"
