"""The fast front: the door on an event loop.

A request runs on the loop, is handed to the store with one queue append, and is answered when its
batch is on disk. What ``emulator.connection`` reads and writes comes through here.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from queue import SimpleQueue
from typing import Any

from emulator.connection import Connection
from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Store
from emulator.loop_spoiling import send_spoiled
from emulator.rest import errors
from emulator.rest.door import Door
from emulator.rest.messages import Answer, Job, Made, Pending, Request, Response, Stream

logger = logging.getLogger(__name__)

_READ_AT_ONCE = 65_536

# Of requests that are being received, or wait for the store, in all connections together.
_MOST_KEPT_BYTES = 256 << 20

_CHECK_SECONDS = 1

# For answers that are still to come when the server is told to stop.
_GRACE_SECONDS = 10

# Jobs at a time, each in a thread of its own: some go on for as long as their client listens.
_MOST_JOBS = 64


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
        self._jobs = 0

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

    @asynccontextmanager
    async def tended(self) -> AsyncIterator[None]:
        """Look after the connections until the block ends; then answer what was asked."""
        watching = asyncio.create_task(self.watch())
        try:
            yield
        finally:
            await self.finish(seconds=_GRACE_SECONDS)
            watching.cancel()

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
        if isinstance(answer, Pending):
            self._submit(answer, connection)
        elif isinstance(answer, Job):
            self._begin(answer, connection)
        else:
            self._send(answer, connection)

    def _submit(self, pending: Pending, connection: Connection) -> None:
        def done(outcome: Outcome[Any]) -> None:
            self._send(pending.render(outcome), connection)

        try:
            self._store.submit(pending.work, done)
        except EngineError as error:
            done(Outcome(error=error))

    def _send(self, made: Made, connection: Connection) -> None:
        if isinstance(made, Response):
            connection.answer(made)
        else:
            send_spoiled(made, connection, later=self._later)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, call)

    def _begin(self, job: Job, connection: Connection) -> None:
        if self._jobs == _MOST_JOBS:
            connection.answer(self.refusal(errors.overloaded()))
            return
        self._jobs += 1
        # Not of a pool, which would wait for its threads when the server is told to stop.
        loop = asyncio.get_running_loop()
        threading.Thread(
            target=self._do, args=(job, connection, loop.call_soon_threadsafe), daemon=True
        ).start()

    def _do(self, job: Job, connection: Connection, on_loop: Callable[..., object]) -> None:
        """Run *job* in this thread; all that concerns the connection happens on the loop."""
        try:
            made = job.run()
        except Exception:
            logger.exception("a job failed")
            made = self.refusal(errors.internal())
        try:
            if isinstance(made, Response):
                on_loop(connection.answer, made)
            else:
                _send_stream(made, connection, on_loop)
            on_loop(self._end_job)
        except RuntimeError:  # the loop is closed: the server was told to stop
            logger.debug("the server stopped before a job was done")

    def _end_job(self) -> None:
        self._jobs -= 1


def _send_stream(stream: Stream, connection: Connection, on_loop: Callable[..., object]) -> None:
    """Send *stream* as fast as its client reads it."""
    on_loop(connection.begin, stream.head)
    whole = False
    try:
        with closing(stream.chunks) as chunks:
            for chunk in chunks:
                more: SimpleQueue[bool] = SimpleQueue()
                on_loop(connection.send, chunk, more.put)
                if not more.get():
                    break
            else:
                whole = True
    except Exception:
        logger.exception("a stream failed")
    on_loop(lambda: connection.end(whole=whole))
