"""The examples of docs/migrate.md print what it says, in their order."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.durability.process import environment
from tests.together.test_tq_command import TQ
from tests.together.test_tq_examples import examples, pattern

DOCS = Path(__file__).parents[2] / "docs/migrate.md"


def test_the_examples_print_what_the_docs_show(tmp_path):
    text = DOCS.read_text(encoding="utf-8")
    for name, language in (("worker.py", "python"), ("queue.yaml", "yaml")):
        (tmp_path / name).write_text(re.search(rf"```{language}\n(.*?)```", text, re.S)[1])
    env = environment(PATH=f"{TQ.parent}{os.pathsep}{os.environ['PATH']}")

    for command, shown in examples(DOCS):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

        assert re.fullmatch(pattern(shown), done.stdout), f"$ {command}\n{done.stdout}"
