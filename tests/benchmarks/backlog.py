"""Stores that are full before the server starts, built through the store itself in one process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from emulator.engine.clock import MICROSECONDS
from emulator.engine.model import QueueId, Task
from emulator.engine.names import new_task_name
from emulator.engine.store import Transaction
from emulator.storage.sqlite import open_sqlite

QUEUE = QueueId("bench", "bench")
TAGS = 100
_CHUNK = 5_000


def build(
    path: Path, *, count: int, payload: bytes, progress: Callable[[int], None] | None = None
) -> None:
    """Make a store in *path* with *count* available tasks, of a hundred tags in turn.

    Args:
        path: The file to make.
        count: How many tasks.
        payload: That of every task.
        progress: Told now and then how many there are.
    """
    # Long enough ago that all have come, and each a microsecond after the one before it.
    first = time.time_ns() // 1_000 - 3_600 * MICROSECONDS
    store = open_sqlite(path, durability="off")
    try:
        for start in range(0, count, _CHUNK):
            end = min(start + _CHUNK, count)
            store.run(_putting(range(start, end), first, payload))
            if progress is not None:
                progress(end)
    finally:
        store.close()
    # Or the system would write it to the disk while a server's flushes are measured.
    with path.open("rb+") as file:
        os.fsync(file)


def tag(number: int) -> str:
    """The tag of the task *number*."""
    return f"tag-{number % TAGS}"


def _putting(numbers: range, first: int, payload: bytes) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for number in numbers:
            eta = first + number
            task = Task(
                name=new_task_name(),
                payload=payload,
                tag=tag(number),
                enqueued_at=eta - eta % MICROSECONDS,
                eta=eta,
                eta_given=False,
                retry_count=0,
            )
            tx.put(QUEUE, task)

    return work
