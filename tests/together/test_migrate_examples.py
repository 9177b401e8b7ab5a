"""The examples of docs/migrate.md print what it says, in their order."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.durability.process import environment
from tests.together.test_tq_command import TQ
from tests.together.test_tq_examples import examples, pattern, typed

DOCS = Path(__file__).parents[2] / "docs/migrate.md"


def test_the_examples_print_what_the_docs_show(tmp_path):
    text = DOCS.read_text(encoding="utf-8")
    for name, language in (("worker.py", "python"), ("queue.yaml", "yaml")):
        (tmp_path / name).write_text(re.search(rf"```{language}\n(.*?)```", text, re.S)[1])
    env = environment(PATH=f"{TQ.parent}{os.pathsep}{os.environ['PATH']}")

    for command, shown in examples(DOCS):
        printed = typed(command, tmp_path, env)

        assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}"
