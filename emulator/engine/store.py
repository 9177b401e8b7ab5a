"""What a store must remember, and what it promises. The engine decides; a store remembers.

A store never looks at a clock and knows no rule of the queue: ``now`` and ``until`` are arguments.
One suite of tests, ``tests/emulator/storage/test_store_contract.py``, runs over every store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from emulator.engine.clock import ClockState
from emulator.engine.model import Attempt, Kept, QueueId, Task, Tombstone, Wiped

T = TypeVar("T")


class View(Protocol):
    """The verbs that look at everything, byte by byte in order, and change nothing."""

    def queues(self, project: str | None = None) -> Sequence[QueueId]:
        """Every queue that has stored something since it was last wiped, by project and name.

        Args:
            project: Only this project's; None is all.
        """
        ...

    def look(
        self, queue: QueueId, *, after: str, limit: int, with_payload: bool = False
    ) -> Sequence[Kept]:
        """The *limit* first names after *after*, byte by byte: tasks in any state, and tombstones.

        Without payloads it takes no longer for large ones. Expired tombstones are included.
        """
        ...

    def lease_counts(self, queue: QueueId) -> Sequence[tuple[int, int]]:
        """The seconds in which leases were recorded, in microseconds, and how many there were."""
        ...

    def attempts(self, queue: QueueId) -> Iterator[Attempt]:
        """Every attempt that is remembered, by id, expired or not."""
        ...

    def clock(self) -> ClockState | None:
        """How the controlled clock goes; None where it is the machine's. Takes no time."""
        ...


class Transaction(View, Protocol):
    """The verbs of one unit of work. All see the unit's own changes at once.

    Order is always (eta, name), names compared byte by byte.
    """

    def find(
        self, queue: QueueId, name: str, *, with_payload: bool = False
    ) -> Task | Tombstone | None:
        """The live task or the tombstone that holds *name*, expired tombstones included."""
        ...

    def put(self, queue: QueueId, task: Task) -> None:
        """Store a new task. Nothing may hold its name: if something does, all of the commit fails.

        The store may look for that only when the transaction ends.
        """
        ...

    def put_tombstone(self, queue: QueueId, tombstone: Tombstone) -> None:
        """Store the tombstone of a task that was elsewhere. Nothing may hold its name."""
        ...

    def forget(self, queue: QueueId, name: str) -> None:
        """Remove the tombstone that holds *name*."""
        ...

    def available(self, queue: QueueId, *, now: int, tag: str | None = None) -> Iterator[Task]:
        """The live tasks with ``eta <= now``, in order, with payloads.

        Rows are read as the iterator goes: stop when there are enough, and be done with it before
        the next verb that writes.

        Args:
            now: Microseconds.
            tag: Only tasks with exactly this tag; "" is the untagged ones, None all.
        """
        ...

    def next_eta(self, queue: QueueId, *, after: int, tag: str | None = None) -> int | None:
        """The smallest ``eta`` of a live task that is later than *after*; None if there is none.

        Takes the same time for ten tasks as for ten million.

        Args:
            after: Microseconds.
            tag: As for ``available``.
        """
        ...

    def first(self, queue: QueueId, *, limit: int) -> Sequence[Task]:
        """The *limit* first live tasks in order, leased or not, without payloads."""
        ...

    def reschedule(self, queue: QueueId, name: str, *, eta: int, retry_count: int) -> None:
        """Give a live task another ``eta`` and ``retry_count``; its payload is not touched."""
        ...

    def bury(self, queue: QueueId, name: str, *, until: int | None) -> None:
        """Delete a live task. Its name stays taken until *until*, or is free at once for None."""
        ...

    def sweep(self, *, now: int, limit: int) -> int:
        """Forget at most *limit* tombstones whose time is over at *now*; return how many."""
        ...

    def count(self, queue: QueueId) -> int:
        """How many live tasks there are. Takes the same time for ten as for ten million."""
        ...

    def record_leases(self, queue: QueueId, *, at: int, count: int, forget_before: int) -> None:
        """Add *count* leases at *at*, and forget those before *forget_before* (microseconds)."""
        ...

    def leases_between(self, queue: QueueId, since: int, until: int) -> int:
        """How many leases were recorded from the second of *since* to that of *until*."""
        ...

    def attempt(self, queue: QueueId, id: str) -> Attempt | None:
        """The attempt remembered under *id*, expired or not."""
        ...

    def remember(self, queue: QueueId, attempt: Attempt) -> None:
        """Remember *attempt*; one that had its id is replaced."""
        ...

    def forget_attempts(self, *, now: int, limit: int) -> int:
        """Forget at most *limit* attempts whose lease is over at *now*; return how many."""
        ...

    def wipe(self, queue: QueueId | None = None) -> Wiped:
        """Forget all of *queue*, as if it had never been; None is all of the store.

        Tasks, tombstones, lease counts and attempts go.
        """
        ...

    def set_clock(self, state: ClockState | None) -> None:
        """Remember how the controlled clock goes."""
        ...

    def saw(self, now: int) -> None:
        """Remember that the controlled clock showed *now*, if anything else is written at all.

        Whoever opens the store again finds it as ``seen``. It is no write of the unit.
        """
        ...


Work: TypeAlias = Callable[[Transaction], T]
"""A unit of work: a function of a transaction.

It refuses (raises ``EngineError``) before it writes. It may run twice, the first run undone, so it
has no effect outside its transaction (RULINGS 3).
"""


class Outcome(NamedTuple, Generic[T]):
    """How a unit of work ended: with a value, or with an error and nothing changed."""

    value: T | None = None
    error: Exception | None = None

    def unwrap(self) -> T:
        """The value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # without an error the value is a T


class Store(Protocol):
    """Where tasks are kept.

    Units run one after another, so each sees what the ones before it did. Many may share one
    commit, and none is answered before that commit is as durable as the store was opened to be.
    A unit that fails leaves no trace and does not disturb its neighbours in the same commit.
    """

    def submit(self, work: Work[T], done: Callable[[Outcome[T]], None]) -> None:
        """Queue *work* and return at once; call *done* from another thread when it is settled.

        Raises:
            OverloadedError: Too much is waiting; *work* will not run.
            StoreFailedError: The store is closed.
        """
        ...

    def run(self, work: Work[T]) -> T:
        """Run *work*, wait for its commit, and return its value.

        Raises:
            EngineError: What *work* refused, or OverloadedError or StoreFailedError.
        """
        ...

    def view(self) -> AbstractContextManager[View]:
        """All that the store holds at the instant when the block begins.

        Every unit that was answered before is in it. Units go on meanwhile, and are not seen. One
        thread at a time may use it, and none that is an event loop's.

        Raises:
            StoreFailedError: The store is closed, or cannot be read.
        """
        ...

    def close(self) -> None:
        """Finish what is queued, and let go of the files. A second call does nothing."""
        ...
