"""Many units of work, one commit.

Whoever drives a session takes everything that waits, runs it in one transaction, commits once, and
only then answers. There is no timer: while one commit is being written to disk the next batch
gathers, so an idle store adds no delay and a busy one shares each disk flush among many.

Here are what every driver does with a batch, and the driver for programs with threads. The one for
event loops is ``loop_commit``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeAlias, TypeVar

from emulator.engine.errors import EngineError, OverloadedError, StoreFailedError
from emulator.engine.store import Outcome, Transaction, View, Work

T = TypeVar("T")

logger = logging.getLogger(__name__)

MOST_PER_COMMIT = 512
MOST_WAITING = 10_000

Unit: TypeAlias = tuple[Work[Any], Callable[[Outcome[Any]], None]]
"""Work, and who is told how it went."""


class Session(Protocol):
    """One connection's transactions. Calls come one at a time, from any thread."""

    def open(self) -> Transaction:
        """Connect, and return the transaction object that every unit is given."""
        ...

    def begin(self) -> None:
        """Start a transaction."""
        ...

    def writes(self) -> int:
        """How many verbs have written since ``begin``."""
        ...

    def flush(self) -> None:
        """Write what the verbs have gathered since ``begin``, so that only the commit is left."""
        ...

    def commit(self) -> None:
        """Return when everything since ``begin`` is as durable as the store promises."""
        ...

    def rollback(self) -> None:
        """Undo everything since ``begin``; also after a ``commit`` that failed."""
        ...

    def view(self, run: Callable[[Work[bytes]], bytes]) -> AbstractContextManager[View]:
        """What ``Store.view`` gives. Called in any thread, at any time; *run* is ``Store.run``."""
        ...

    def close(self) -> None:
        """Disconnect."""
        ...


class Batches:
    """What happens to a batch: all its units in one transaction, or else each in its own."""

    def __init__(self, session: Session) -> None:
        """Connect.

        Raises:
            Exception: Whatever ``session.open`` raised.
        """
        self._session = session
        self._tx = session.open()

    def settle(self, batch: Sequence[Unit]) -> list[Outcome[Any]]:
        """Run *batch* and commit it, together if that is possible."""
        outcomes = self.run(batch)
        if outcomes is None or not self.commit(batch):
            return self.run_alone(batch)
        return outcomes

    def run(self, batch: Sequence[Unit]) -> list[Outcome[Any]] | None:
        """Run all units of *batch*; None if one failed in a way nobody foresaw."""
        try:
            self._session.begin()
            outcomes = [self._attempt(work) for work, _ in batch]
            self._session.flush()
        except Exception:
            self._undo(batch)
            return None
        return outcomes

    def commit(self, batch: Sequence[Unit]) -> bool:
        """Commit what ``run`` did; False if that failed."""
        try:
            self._session.commit()
        except Exception:
            self._undo(batch)
            return False
        return True

    def run_alone(self, batch: Sequence[Unit]) -> list[Outcome[Any]]:
        """Run each unit in a commit of its own, so that only the culprit fails.

        For when nothing of the batch stands, because a unit, or the commit, failed.
        """
        return [self._commit_alone(work) for work, _ in batch]

    def view(self, run: Callable[[Work[bytes]], bytes]) -> AbstractContextManager[View]:
        """What ``Store.view`` gives."""
        return self._session.view(run)

    def close(self) -> None:
        """Disconnect."""
        self._session.close()

    def _undo(self, batch: Sequence[Unit]) -> None:
        self._session.rollback()
        if len(batch) > 1:
            logger.warning("a shared commit of %d units failed", len(batch), exc_info=True)

    def _commit_alone(self, work: Work[Any]) -> Outcome[Any]:
        try:
            self._session.begin()
            outcome = self._attempt(work)
            self._session.flush()
            self._session.commit()
        except Exception as error:
            self._session.rollback()
            logger.exception("a unit of work failed")
            failed = StoreFailedError(f"{type(error).__name__}: {error}")
            failed.__cause__ = error
            return Outcome(error=failed)
        return outcome

    def _attempt(self, work: Work[Any]) -> Outcome[Any]:
        """Run one unit; a refusal is an outcome, anything else is raised."""
        before = self._session.writes()
        try:
            return Outcome(work(self._tx))
        except EngineError as refusal:
            if self._session.writes() != before:
                raise RuntimeError("a unit of work refused after it had written") from refusal
            return Outcome(error=refusal)


def tell(batch: Sequence[Unit], outcomes: Sequence[Outcome[Any]]) -> None:
    """Hand each unit's outcome to whoever waits for it."""
    for (_, done), outcome in zip(batch, outcomes, strict=True):
        try:
            done(outcome)
        except Exception:
            logger.exception("a caller failed to take its outcome")


class GroupCommit:
    """A ``Store`` over a *session*: a writer thread and the queue in front of it."""

    def __init__(
        self,
        session: Session,
        *,
        most_per_commit: int = MOST_PER_COMMIT,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Connect, and start the writer thread.

        Args:
            session: Used on the writer thread.
            most_per_commit: How many units share a commit at most.
            most_waiting: How many units may wait before ``submit`` refuses.

        Raises:
            Exception: Whatever ``session.open`` raised.
        """
        self._batches = Batches(session)
        self._most_per_commit = most_per_commit
        self._most_waiting = most_waiting
        self._waiting: SimpleQueue[Unit | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._running: list[Unit] = []
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._writer.start()

    def submit(self, work: Work[T], done: Callable[[Outcome[T]], None]) -> None:
        """Queue *work*; see ``Store.submit``. *done* is called on the writer thread: be brief."""
        if self._waiting.qsize() >= self._most_waiting:
            raise OverloadedError(f"{self._most_waiting} operations are waiting already")
        with self._closing:
            if self._closed:
                raise StoreFailedError("the store is closed")
            self._waiting.put((work, done))

    def run(self, work: Work[T]) -> T:
        """Run *work* and wait for its commit; see ``Store.run``."""
        settled: SimpleQueue[Outcome[T]] = SimpleQueue()
        self.submit(work, settled.put)
        return settled.get().unwrap()

    def view(self) -> AbstractContextManager[View]:
        """All that the store holds now; see ``Store.view``."""
        if self._closed:
            raise StoreFailedError("the store is closed")
        return self._batches.view(self.run)

    def close(self) -> None:
        """Finish what is queued and disconnect; see ``Store.close``."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._writer.join()

    def _write(self) -> None:
        try:
            while batch := self._next_batch():
                self._settle(batch)
        except BaseException:
            logger.critical("the store has failed; nothing more is stored", exc_info=True)
            self._give_up()
        finally:
            self._batches.close()

    def _give_up(self) -> None:
        """Tell those who wait, and all who come, that nothing will be done."""
        with self._closing:
            self._closed = True
        gone: Outcome[Any] = Outcome(error=StoreFailedError("the store has failed; see its log"))
        for unit in (*self._running, *_drained(self._waiting)):
            if unit is not None:
                unit[1](gone)

    def _next_batch(self) -> list[Unit]:
        """Everything that waits, or empty once the store is closed and all is done."""
        first = self._waiting.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < self._most_per_commit:
            try:
                unit = self._waiting.get_nowait()
            except Empty:
                break
            if unit is None:
                self._waiting.put(None)
                break
            batch.append(unit)
        return batch

    def _settle(self, batch: list[Unit]) -> None:
        self._running = batch
        tell(batch, self._batches.settle(batch))
        self._running = []


def _drained(waiting: SimpleQueue[Unit | None]) -> Iterator[Unit | None]:
    while True:
        try:
            yield waiting.get_nowait()
        except Empty:
            return
