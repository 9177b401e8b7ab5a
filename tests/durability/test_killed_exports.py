"""An export that is killed in its middle leaves the file that was there, whole."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from discovery import jsonl
from emulator.engine.model import QueueId, Task
from emulator.storage.sqlite import open_sqlite
from tests.durability.process import environment

ROOT = Path(__file__).parents[2]
TASKS = 40


def test_a_few_kills_leave_a_whole_file(tmp_path):
    assert_survives(tmp_path, kills=4)


@pytest.mark.soak
def test_many_kills_leave_a_whole_file(tmp_path):
    assert_survives(tmp_path, kills=100)


def assert_survives(folder: Path, *, kills: int) -> None:
    """Kill an export at a random line of it, *kills* times; each time the file must be whole."""
    a_store(folder / "t.db")
    chance = random.Random(7)
    halves = 0
    for _ in range(kills):
        export_and_kill(folder, after=chance.randrange(1, 4 * TASKS))
        with (folder / "out.jsonl").open("rb") as file:
            _, lines = jsonl.read(file)
            assert len(list(lines)) == TASKS
        halves = len(list(folder.glob(".out.jsonl.*.tmp")))
    assert halves, "no export was killed in its middle, so this has shown nothing"


def a_store(path: Path) -> None:
    store = open_sqlite(path, durability="off")
    for number in range(TASKS):
        task = Task(f"{number:03}", b"x" * 5_000, "", 0, 1, False, 0)
        store.run(lambda tx, task=task: tx.put(QueueId("p", "q"), task))
    store.close()


def export_and_kill(folder: Path, *, after: int) -> None:
    """Kill it *after* so many lines, but not before there is a file at all."""
    process = subprocess.Popen(
        [sys.executable, ROOT / "tests/durability/exporting.py", "t.db", "out.jsonl"],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    seen = 0
    for said in process.stdout:
        seen += said == "a line\n"
        if seen >= after and (folder / "out.jsonl").exists():
            break
    process.kill()
    process.communicate(timeout=30)
