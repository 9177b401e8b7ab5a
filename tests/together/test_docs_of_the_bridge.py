"""The examples of docs/migrate-bridge.md print what it says, in their order."""

from __future__ import annotations

import os
import re
from pathlib import Path

import emulator
from tests.durability.process import environment
from tests.together.test_tq_command import TQ
from tests.together.test_tq_examples import examples, pattern, typed

DOCS = Path(__file__).parents[2] / "docs/migrate-bridge.md"


def test_the_examples_print_what_the_docs_show(tmp_path):
    worker, count = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    (tmp_path / "worker.py").write_text(worker)
    (tmp_path / "count.py").write_text(count)
    exported = []
    with emulator.running() as server:
        env = environment(
            TASKQUEUE_ENDPOINT=server.url,
            GOOGLE_CLOUD_PROJECT="my-app",
            PATH=f"{TQ.parent}{os.pathsep}{os.environ['PATH']}",
        )
        for command, shown in examples(DOCS):
            # A shell of one's own would have kept what it exported.
            exported += re.findall(r"export \S+", command.partition(";")[0])
            printed = typed("\n".join([*exported, command]), tmp_path, env, timeout=120)

            assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}"
