"""The examples of docs/migrate-move.md print what it says, in their order."""

from __future__ import annotations

import os
import re
from pathlib import Path

import emulator
from tests.durability.process import environment
from tests.together.test_tq_command import TQ
from tests.together.test_tq_examples import examples, pattern, typed

DOCS = Path(__file__).parents[2] / "docs/migrate-move.md"


def test_the_examples_print_what_the_docs_show(tmp_path):
    with emulator.running() as server:
        env = environment(
            TASKQUEUE_ENDPOINT=server.url,
            GOOGLE_CLOUD_PROJECT="my-app",
            PATH=f"{TQ.parent}{os.pathsep}{os.environ['PATH']}",
        )
        for command, shown in joined(examples(DOCS)):
            printed = typed(command, tmp_path, env)

            assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}"


def joined(found):
    """Commands that go on in lines after ``> ``, whole."""
    for command, shown in found:
        lines = shown.splitlines(keepends=True)
        more = [line for line in lines if line.startswith("> ")]
        rest = "".join(lines[len(more) :])
        yield "\n".join([command, *(line[2:].rstrip("\n") for line in more)]), rest
