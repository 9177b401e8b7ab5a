"""The examples of docs/client-async.md: they run, and are printed as they run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "client-async.md"
EXAMPLES = ROOT / "tests" / "examples"

OUTPUT = {
    "async_worker.py": {"Hello, Ada!", "Hello, Grace!", "Hello, Katherine!"},
    "async_timeout.py": {"a takes too long, somebody else may try", "available again: ['a']"},
    "async_test.py": set(),
}


@pytest.mark.parametrize("name", OUTPUT)
def test_an_example_runs(name, server, project):
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TASKQUEUE_EMULATOR_HOST": server.url.removeprefix("http://"),
        "GOOGLE_CLOUD_PROJECT": project,
    }

    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    assert set(done.stdout.splitlines()) == OUTPUT[name]


def test_what_the_page_shows_is_in_the_examples():
    sources = [(EXAMPLES / name).read_text() for name in OUTPUT]
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)

    assert len(blocks) == len(OUTPUT)
    assert [block for block in blocks if not any(block in source for source in sources)] == []
