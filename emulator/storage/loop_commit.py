"""Group commit for an event loop: units run on the loop, and only the commit runs in a thread.

The interpreter runs one thread at a time. A writer with a thread of its own, as ``group_commit``
has, spends two thirds of its time waiting for its turn, once per SQL statement. On the loop it
never waits; what is left for a thread is the one call that sleeps, the commit, which writes and
flushes the disk while the loop reads the requests of the next batch.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import Any, TypeAlias, TypeVar

from emulator.engine.errors import EngineError, OverloadedError, StoreFailedError
from emulator.engine.store import Outcome, View, Work
from emulator.storage.group_commit import (
    MOST_PER_COMMIT,
    MOST_WAITING,
    Batches,
    Session,
    Unit,
    tell,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

_Done: TypeAlias = tuple[list[Unit], list[Outcome[Any]]]


class LoopCommit:
    """A ``Store`` over a *session*, driven by an event loop.

    All but ``run`` and ``view`` is for the loop's own thread, and outcomes are told there.
    """

    def __init__(
        self,
        session: Session,
        loop: asyncio.AbstractEventLoop,
        *,
        most_per_commit: int = MOST_PER_COMMIT,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Connect, and start the thread that commits.

        Args:
            session: Used on the loop's thread and on the one that commits, never on both at a time.
            loop: Runs the units.
            most_per_commit: How many units share a commit at most.
            most_waiting: How many units may wait before ``submit`` refuses.

        Raises:
            Exception: Whatever ``session.open`` raised.
        """
        self._batches = Batches(session)
        self._loop = loop
        self._most_per_commit = most_per_commit
        self._most_waiting = most_waiting
        self._waiting: deque[Unit] = deque()
        self._running: list[Unit] = []
        self._turning = False
        self._closed = False
        self._to_commit: SimpleQueue[_Done | None] = SimpleQueue()
        self._committer = threading.Thread(target=self._commit, name="store-commit", daemon=True)
        self._committer.start()

    def submit(self, work: Work[T], done: Callable[[Outcome[T]], None]) -> None:
        """Queue *work*; see ``Store.submit``. *done* is called on the loop."""
        if len(self._waiting) >= self._most_waiting:
            raise OverloadedError(f"{self._most_waiting} operations are waiting already")
        if self._closed:
            raise StoreFailedError("the store is closed")
        self._waiting.append((work, done))
        if not self._turning:
            # Not at once: all requests that have arrived by now shall share the commit.
            self._turning = True
            self._loop.call_soon(self._turn)

    def run(self, work: Work[T]) -> T:
        """Run *work* and wait for its commit, in any thread but the loop's; see ``Store.run``."""
        if self._closed:
            raise StoreFailedError("the store is closed")
        settled: SimpleQueue[Outcome[T]] = SimpleQueue()

        def submit() -> None:
            try:
                self.submit(work, settled.put)
            except EngineError as error:
                settled.put(Outcome(error=error))

        self._loop.call_soon_threadsafe(submit)
        return settled.get().unwrap()

    def view(self) -> AbstractContextManager[View]:
        """All that the store holds now, in any thread but the loop's; see ``Store.view``."""
        if self._closed:
            raise StoreFailedError("the store is closed")
        return self._batches.view(self.run)

    def close(self) -> None:
        """Finish what is queued and disconnect; see ``Store.close``."""
        if self._closed:
            return
        self._closed = True
        self._to_commit.put(None)
        self._committer.join()
        while self._waiting:
            batch = self._next_batch()
            tell(batch, self._batches.settle(batch))
        self._batches.close()

    def _turn(self) -> None:
        """Run the next batch, and have it committed."""
        if self._closed or not self._waiting:
            self._turning = False
            return
        try:
            batch = self._running = self._next_batch()
            if len(batch) == 1:
                # Nobody shares the commit, so there is nothing to do meanwhile: two hand-overs
                # between threads would only add to the time that the caller waits.
                self._end(batch, self._batches.settle(batch))
                return
            outcomes = self._batches.run(batch)
            if outcomes is None:
                self._end(batch, self._batches.run_alone(batch))
            else:
                self._to_commit.put((batch, outcomes))
        except Exception as error:
            self._give_up(error)

    def _commit(self) -> None:
        """The committing thread. While it works on a batch the loop leaves the session alone."""
        while (done := self._to_commit.get()) is not None:
            batch, outcomes = done
            try:
                if not self._batches.commit(batch):
                    outcomes = self._batches.run_alone(batch)
            except Exception as error:
                self._loop.call_soon_threadsafe(self._give_up, error)
                return
            self._loop.call_soon_threadsafe(self._end, batch, outcomes)

    def _end(self, batch: list[Unit], outcomes: list[Outcome[Any]]) -> None:
        self._running = []
        try:
            if len(self._waiting) > 1:
                # The next batch first: it is written to disk while these answers go out.
                self._turn()
            else:
                self._loop.call_soon(self._turn)
        finally:
            tell(batch, outcomes)

    def _next_batch(self) -> list[Unit]:
        count = min(len(self._waiting), self._most_per_commit)
        return [self._waiting.popleft() for _ in range(count)]

    def _give_up(self, error: Exception) -> None:
        """Tell those who wait, and all who come, that nothing will be done."""
        logger.critical("the store has failed; nothing more is stored", exc_info=error)
        self._closed = True
        lost = [*self._running, *self._waiting]
        self._waiting.clear()
        gone: Outcome[Any] = Outcome(error=StoreFailedError("the store has failed; see its log"))
        tell(lost, [gone] * len(lost))
