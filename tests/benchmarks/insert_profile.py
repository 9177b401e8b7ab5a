"""``python -m tests.benchmarks.insert_profile``: where the microseconds of one insert go.

The server's own parts, in one process and without a network: bytes of requests into connections,
their units into a store on disk, the outcomes back into bytes. What a real server takes beyond
that, the ``cpu`` of ``make bench``, is the kernel's and asyncio's part in moving bytes.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator.config import Settings
from emulator.connection import Connection
from emulator.loop_front import LoopFront
from emulator.service import open_service
from emulator.storage.group_commit import Batches, Unit, tell
from emulator.storage.sqlite import SqliteSession
from tests.benchmarks.peers import ours

_ROUNDS = 30
_BATCHES_PER_ROUND = 20

_PARTS = {
    "read": "HTTP, routes, parameters, JSON, base64: a request becomes a unit of work",
    "run": "the unit: rules, name, time",
    "rows": "SQL: the rows of the batch, a statement each for tasks and payloads",
    "commit": "COMMIT: write-ahead log, flush (processor time; it sleeps as well)",
    "answer": "the task as JSON, headers, bytes",
}


def main() -> None:
    """Print the table."""
    print("| processor time per insert, us | 1 at a time | 16 | 32 |\n|---|---|---|---|")
    columns = [_profile(size) for size in (1, 16, 32)]
    for key, what in _PARTS.items():
        print(f"| {what} | {' | '.join(f'{column[key]:.1f}' for column in columns)} |")
    print(f"| together | {' | '.join(f'{sum(each.values()):.0f}' for each in columns)} |")


def _profile(size: int) -> dict[str, float]:
    """Microseconds per insert for each part, *size* requests sharing a commit; the best round."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        session = SqliteSession(Path(folder, "profile.db"), "full")
        server = _Server(session, size)
        best: dict[str, float] = dict.fromkeys(_PARTS, float("inf"))
        gc.freeze()
        for _ in range(_ROUNDS):
            spent: dict[str, float] = defaultdict(float)
            for _ in range(_BATCHES_PER_ROUND):
                server.serve(spent)
            for key, seconds in spent.items():
                best[key] = min(best[key], 1e6 * seconds / (_BATCHES_PER_ROUND * size))
        session.close()
    return best


class _Server:
    """A front whose requests come from memory."""

    def __init__(self, session: SqliteSession, size: int) -> None:
        service = open_service(Settings(store="sqlite://"))
        service.store.close()  # only its door is wanted
        self._session = session
        self._batches = Batches(session)
        self._waiting: list[Unit] = []
        self._front = LoopFront(service.door, self)  # type: ignore[arg-type]  # it only submits
        self._connections = [Connection(self._front) for _ in range(size)]
        for each in self._connections:
            each.connection_made(_Sink())
        load = ours.insert()
        request = (
            f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1:8088\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(load.body)}\r\n\r\n"
        ).encode() + load.body
        self._length = len(request)
        self._front.buffer[: self._length] = request

    def submit(self, work: Any, done: Callable[[Any], None]) -> None:
        self._waiting.append((work, done))

    def serve(self, spent: dict[str, float]) -> None:
        """One batch, from bytes to bytes; what each part takes is added to *spent*."""
        at = time.process_time()

        def lap(part: str) -> None:
            nonlocal at
            now = time.process_time()
            spent[part] += now - at
            at = now

        for each in self._connections:
            each.buffer_updated(self._length)
        batch, self._waiting = self._waiting, []
        lap("read")
        self._session.begin()
        outcomes = [self._batches._attempt(work) for work, _ in batch]
        lap("run")
        self._session.flush()
        lap("rows")
        self._session.commit()
        lap("commit")
        tell(batch, outcomes)
        lap("answer")


class _Sink(asyncio.Transport):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False


if __name__ == "__main__":
    main()
