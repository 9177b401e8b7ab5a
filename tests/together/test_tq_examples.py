"""The examples of docs/cli.md do what it says, typed in their order."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import emulator
from tests.durability.process import environment
from tests.together.test_tq_command import TQ

DOCS = Path(__file__).parents[2] / "docs/cli.md"


def test_the_examples_print_what_the_docs_show(tmp_path):
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    with emulator.running() as server:
        env = environment(
            TASKQUEUE_ENDPOINT=server.url,
            GOOGLE_CLOUD_PROJECT="my-app",
            PATH=f"{TQ.parent}{os.pathsep}{os.environ['PATH']}",
        )
        for command, shown in examples():
            printed = typed(command, tmp_path, env)

            assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}"


def examples(page: Path = DOCS) -> Iterator[tuple[str, str]]:
    """Each command, and what the docs show below it."""
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = example.partition("\n")
            yield command, shown


def typed(command: str, folder: Path, env: Mapping[str, str], timeout: float = 60) -> str:
    """What *command* prints in a shell, on both outputs."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    return done.stdout


def pattern(shown: str) -> str:
    """An ellipsis stands for whatever is on that line."""
    return re.escape(shown).replace("\u2026", ".+")
