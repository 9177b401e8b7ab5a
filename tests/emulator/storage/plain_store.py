"""A store in plain Python: dictionaries, sorting, and a copy of everything before each unit.

Slow and obviously right; what ``test_store_contract`` holds against the real stores.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

from emulator.engine.clock import MICROSECONDS, ClockState
from emulator.engine.errors import EngineError, OverloadedError, StoreFailedError
from emulator.engine.model import Attempt, Kept, QueueId, Task, Tombstone, Wiped
from emulator.engine.store import Outcome, View, Work

T = TypeVar("T")

MOST_WAITING = 10_000


@dataclass
class PlainTransaction:
    """The verbs, over dictionaries and lists."""

    held: dict[tuple[QueueId, str], Task | Tombstone] = field(default_factory=dict)
    leases: list[tuple[QueueId, int, int]] = field(default_factory=list)
    remembered: dict[tuple[QueueId, str], Attempt] = field(default_factory=dict)
    known: set[QueueId] = field(default_factory=set)
    clock_state: ClockState | None = None
    writes: int = 0

    def find(
        self, queue: QueueId, name: str, *, with_payload: bool = False
    ) -> Task | Tombstone | None:
        found = self.held.get((queue, name))
        if isinstance(found, Task) and not with_payload:
            return found._replace(payload=None)
        return found

    def put(self, queue: QueueId, task: Task) -> None:
        if (queue, task.name) in self.held:
            raise RuntimeError(f"put of {task.name!r}, which is there")
        self.writes += 1
        self.known.add(queue)
        self.held[queue, task.name] = task

    def put_tombstone(self, queue: QueueId, tombstone: Tombstone) -> None:
        if (queue, tombstone.name) in self.held:
            raise RuntimeError(f"put of a tombstone of {tombstone.name!r}, which is there")
        self.writes += 1
        self.known.add(queue)
        self.held[queue, tombstone.name] = tombstone

    def forget(self, queue: QueueId, name: str) -> None:
        if not isinstance(self.held.get((queue, name)), Tombstone):
            raise RuntimeError(f"there is no tombstone of {name!r}")
        self.writes += 1
        del self.held[queue, name]

    def available(self, queue: QueueId, *, now: int, tag: str | None = None) -> Iterator[Task]:
        for task in self._live(queue):
            if task.eta <= now and tag in (None, task.tag):
                yield task

    def next_eta(self, queue: QueueId, *, after: int, tag: str | None = None) -> int | None:
        later = (
            task.eta for task in self._live(queue) if task.eta > after and tag in (None, task.tag)
        )
        return min(later, default=None)

    def first(self, queue: QueueId, *, limit: int) -> Sequence[Task]:
        return [task._replace(payload=None) for task in self._live(queue)[:limit]]

    def reschedule(self, queue: QueueId, name: str, *, eta: int, retry_count: int) -> None:
        task = self._task(queue, name)
        self.writes += 1
        self.held[queue, name] = task._replace(eta=eta, retry_count=retry_count)

    def bury(self, queue: QueueId, name: str, *, until: int | None) -> None:
        self._task(queue, name)
        self.writes += 1
        del self.held[queue, name]
        if until is not None:
            self.held[queue, name] = Tombstone(name, until)

    def sweep(self, *, now: int, limit: int) -> int:
        over = [
            key
            for key, each in self.held.items()
            if isinstance(each, Tombstone) and each.until <= now
        ][:limit]
        for key in over:
            self.writes += 1
            del self.held[key]
        return len(over)

    def count(self, queue: QueueId) -> int:
        return len(self._live(queue))

    def record_leases(self, queue: QueueId, *, at: int, count: int, forget_before: int) -> None:
        self.writes += 1
        self.known.add(queue)
        second, oldest = at // MICROSECONDS, forget_before // MICROSECONDS
        self.leases = [each for each in self.leases if each[0] != queue or each[1] >= oldest]
        self.leases.append((queue, second, count))

    def leases_between(self, queue: QueueId, since: int, until: int) -> int:
        seconds = range(since // MICROSECONDS, until // MICROSECONDS + 1)
        return sum(count for whose, at, count in self.leases if whose == queue and at in seconds)

    def attempt(self, queue: QueueId, id: str) -> Attempt | None:
        return self.remembered.get((queue, id))

    def remember(self, queue: QueueId, attempt: Attempt) -> None:
        self.writes += 1
        self.known.add(queue)
        self.remembered[queue, attempt.id] = attempt

    def forget_attempts(self, *, now: int, limit: int) -> int:
        over = [key for key, each in self.remembered.items() if each.until <= now][:limit]
        for key in over:
            self.writes += 1
            del self.remembered[key]
        return len(over)

    def queues(self, project: str | None = None) -> Sequence[QueueId]:
        return sorted(each for each in self.known if project in (None, each.project))

    def look(
        self, queue: QueueId, *, after: str, limit: int, with_payload: bool = False
    ) -> Sequence[Kept]:
        names = sorted(
            (
                name
                for whose, name in self.held
                if whose == queue and name.encode() > after.encode()
            ),
            key=str.encode,
        )
        return [self._kept(queue, name, with_payload) for name in names[:limit]]

    def wipe(self, queue: QueueId | None = None) -> Wiped:
        self.writes += 1
        going = self.known if queue is None else {queue}
        gone = [each for (whose, _), each in self.held.items() if whose in going]
        self.held = {key: each for key, each in self.held.items() if key[0] not in going}
        self.leases = [each for each in self.leases if each[0] not in going]
        self.remembered = {
            key: each for key, each in self.remembered.items() if key[0] not in going
        }
        self.known = self.known - going
        tasks = sum(isinstance(each, Task) for each in gone)
        return Wiped(tasks, len(gone) - tasks)

    def clock(self) -> ClockState | None:
        return self.clock_state

    def set_clock(self, state: ClockState | None) -> None:
        self.writes += 1
        self.clock_state = state

    def saw(self, now: int) -> None:
        pass  # nobody can open it again

    def lease_counts(self, queue: QueueId) -> Sequence[tuple[int, int]]:
        counts: Counter[int] = Counter()
        for whose, second, count in self.leases:
            if whose == queue:
                counts[second * MICROSECONDS] += count
        return sorted(counts.items())

    def attempts(self, queue: QueueId) -> Iterator[Attempt]:
        mine = (each for (whose, _), each in self.remembered.items() if whose == queue)
        yield from sorted(mine, key=lambda attempt: attempt.id.encode())

    def copy(self) -> PlainTransaction:
        """The same contents, to go on from or to go back to."""
        return PlainTransaction(
            dict(self.held),
            list(self.leases),
            dict(self.remembered),
            set(self.known),
            self.clock_state,
        )

    def _kept(self, queue: QueueId, name: str, with_payload: bool) -> Kept:
        held = self.find(queue, name, with_payload=True)
        assert held is not None
        if isinstance(held, Tombstone):
            return Kept(held, 0)
        size = len(held.payload or b"")
        return Kept(held if with_payload else held._replace(payload=None), size)

    def _live(self, queue: QueueId) -> list[Task]:
        tasks = [
            each
            for (whose, _), each in self.held.items()
            if whose == queue and isinstance(each, Task)
        ]
        return sorted(tasks, key=lambda task: (task.eta, task.name.encode()))

    def _task(self, queue: QueueId, name: str) -> Task:
        task = self.held.get((queue, name))
        if not isinstance(task, Task):
            raise RuntimeError(f"there is no task {name!r}")
        return task


class PlainStore:
    """A ``Store``: one thread, which runs the units one by one, each on a copy."""

    def __init__(self) -> None:
        self._kept = PlainTransaction()
        self._waiting: SimpleQueue[tuple[Work[Any], Callable[[Outcome[Any]], None]] | None]
        self._waiting = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="plain-store", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T], done: Callable[[Outcome[T]], None]) -> None:
        if self._closed:
            raise StoreFailedError("closed")
        if self._waiting.qsize() >= MOST_WAITING:
            raise OverloadedError("too much is waiting")
        self._waiting.put((work, done))

    def run(self, work: Work[T]) -> T:
        settled: SimpleQueue[Outcome[T]] = SimpleQueue()
        self.submit(work, settled.put)
        return settled.get().unwrap()

    @contextmanager
    def view(self) -> Iterator[View]:
        yield self.run(PlainTransaction.copy)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (unit := self._waiting.get()) is not None:
            work, done = unit
            done(self._outcome(work))

    def _outcome(self, work: Work[T]) -> Outcome[T]:
        tried = self._kept.copy()
        try:
            value = work(tried)
        except EngineError as refusal:
            if tried.writes:
                return Outcome(error=StoreFailedError("refused after a write"))
            return Outcome(error=refusal)
        except Exception as error:
            return Outcome(error=StoreFailedError(str(error)))
        self._kept = tried
        return Outcome(value)
