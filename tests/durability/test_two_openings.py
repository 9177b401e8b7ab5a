"""A second opening of a file in one process is refused, and does the first one no harm."""

from __future__ import annotations

import signal
import subprocess
import sys

from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.model import QueueId
from emulator.storage.sqlite import open_sqlite

# Somebody looks into the file with another program; then the store's process is killed.
PROGRAM = """
import os, signal, subprocess, sys
from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.model import QueueId
from emulator.storage.errors import StoreBusyError
from emulator.storage.sqlite import open_sqlite

path, queue, engine = sys.argv[1], QueueId("p", "q"), Engine(VirtualClock())
store = open_sqlite(path, durability="full")
store.run(engine.insert(queue, payload=b"", name="before"))
try:
    open_sqlite(path, durability="full")
except StoreBusyError:
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM task')"
    subprocess.run([sys.executable, "-c", look + "; c.close()", path], check=True)
    store.run(engine.insert(queue, payload=b"", name="acknowledged"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_lost_after_a_refused_opening_and_a_look_from_outside(tmp_path):
    path = tmp_path / "tasks.db"
    run = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], timeout=60, check=False)
    assert run.returncode == -signal.SIGKILL

    store = open_sqlite(path, durability="full")
    listed = store.run(Engine(VirtualClock()).listing(QueueId("p", "q")))
    store.close()

    assert {task.name for task in listed} == {"before", "acknowledged"}
