"""The fast front: the door on an event loop.

A request runs on the loop, is handed to the store with one queue append, and is answered when its
batch is on disk. What ``emulator.connection`` reads and writes comes through here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from emulator.connection import Connection
from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Store
from emulator.rest.door import Door
from emulator.rest.messages import Answer, Pending, Request, Response

_READ_AT_ONCE = 65_536

# Of requests that are being received, or wait for the store, in all connections together.
_MOST_KEPT_BYTES = 256 << 20

_CHECK_SECONDS = 1


class LoopFront:
    """What all connections share; see ``emulator.connection.Front``."""

    def __init__(self, door: Door, store: Store, *, scheme: str = "http") -> None:
        self.scheme = scheme
        self.connections: set[Connection] = set()
        self.seconds = 0
        self.buffer = memoryview(bytearray(_READ_AT_ONCE))
        self.most_bytes = door.most_bytes
        self.refusal = door.refusal
        self._door = door
        self._store = store
        self._kept = 0
        self._asking: set[asyncio.Task[None]] = set()

    def keep(self, size: int) -> bool:
        """Count *size* more bytes as kept, unless that is too much."""
        if self._kept + size > _MOST_KEPT_BYTES:
            return False
        self._kept += size
        return True

    def drop(self, size: int) -> None:
        """Count *size* bytes as gone."""
        self._kept -= size

    def take(self, request: Request, connection: Connection) -> None:
        """Have *request* answered."""
        if self._door.waits:
            task = asyncio.get_running_loop().create_task(self._ask(request, connection))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        else:
            self._follow(self._door(request), connection)

    async def watch(self) -> None:
        """Hang up on clients that take too long, for as long as the server runs."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            self.seconds += _CHECK_SECONDS
            for connection in list(self.connections):
                connection.check()

    async def finish(self, *, seconds: float) -> None:
        """Answer what has been asked, for at most so long, and hang up."""
        for connection in list(self.connections):
            connection.finish()
        until = asyncio.get_running_loop().time() + seconds
        while self.connections and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)

    async def _ask(self, request: Request, connection: Connection) -> None:
        """Call the door in a thread, since it may ask somebody on the network about a token."""
        self._follow(await asyncio.to_thread(self._door, request), connection)

    def _follow(self, answer: Answer, connection: Connection) -> None:
        if isinstance(answer, Response):
            connection.answer(answer)
            return
        pending: Pending = answer

        def done(outcome: Outcome[Any]) -> None:
            connection.answer(pending.render(outcome))

        try:
            self._store.submit(pending.work, done)
        except EngineError as error:
            done(Outcome(error=error))
