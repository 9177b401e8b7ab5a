"""What a store holds as lines, and lines as the unit of work that puts them into a store.

A file is read twice: ``check`` sees to it that it is whole and right, and only then the unit reads
it again, in the transaction. So a bad file costs the store nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple, TypeAlias

from discovery import jsonl
from discovery.jsonl import (
    AttemptLine,
    ClockLine,
    Header,
    LeasesLine,
    Line,
    Lines,
    TaskLine,
    TombstoneLine,
)
from emulator.engine.clock import MICROSECONDS, Clock, ClockState
from emulator.engine.model import Attempt, QueueId, Task, Tombstone
from emulator.engine.names import new_task_name
from emulator.engine.store import Transaction, View, Work

Source: TypeAlias = Callable[[], AbstractContextManager[Lines]]
"""Opens a file of lines, from its beginning each time."""

# How many names are read from a store at once, with their payloads.
_AT_ONCE = 32


class Restored(NamedTuple):
    """What was put into a store.

    Attributes:
        skipped: How many names were taken already, and left as they were.
    """

    tasks: int
    tombstones: int
    skipped: int


def spelled(view: View, *, machine: Clock) -> Iterator[bytes]:
    """The file of all that *view* shows, a line at a time.

    Args:
        view: Of a store.
        machine: The clock that the store's own, if it has one, goes by.
    """
    state, now = view.clock(), machine.now()
    own = now if state is None else state.at(now)
    header = Header(written_at=own, written_by=_written_by(), ordered=True)
    return jsonl.write(header, _lines(view, state, own))


def check(source: Source) -> Header:
    """Read a whole file, and return its first line.

    Raises:
        JsonlError: It is none, or not whole, or a line is wrong.
        OSError: It cannot be read.
    """
    with source() as file:
        header, lines = jsonl.read(file)
        for _ in lines:
            pass
    return header


def replacing(source: Source, *, machine: Clock) -> Work[Restored]:
    """Put a file, which has been checked, in the place of all that the store holds.

    If it has a time of its own, the store's clock goes on from there; else it is the machine's.

    Args:
        source: Read in the unit, each time that it runs.
        machine: Tells the time of the lines that do not say theirs, and of the store's own clock.
    """

    def work(tx: Transaction) -> Restored:
        tx.wipe()
        tx.set_clock(None)
        return _Putting(tx, machine).put_all(source)

    return work


def merging(source: Source, *, machine: Clock) -> Work[Restored]:
    """Add to the store what a file, which has been checked, has and the store has not.

    A name that is taken stays what it is, be it a task's or a deleted one's; so do the lease counts
    of a second that has some, attempts, and the clock. To do it again changes nothing.
    """
    return lambda tx: _Merging(tx, machine).put_all(source)


class _Putting:
    """Puts lines into a store that holds nothing."""

    def __init__(self, tx: Transaction, machine: Clock) -> None:
        self._tx = tx
        self._machine = machine
        self._now = _time(tx, machine)
        self._tasks = self._tombstones = self._skipped = 0

    def put_all(self, source: Source) -> Restored:
        with source() as file:
            _, lines = jsonl.read(file)
            for line in lines:
                self._put(line)
        return Restored(self._tasks, self._tombstones, self._skipped)

    def _put(self, line: Line) -> None:
        match line:
            case TaskLine():
                self._put_task(QueueId(line.project, line.queue), _task(line, self._now))
            case TombstoneLine():
                self._put_tombstone(
                    QueueId(line.project, line.queue), Tombstone(line.name, line.until)
                )
            case LeasesLine():
                queue = QueueId(line.project, line.queue)
                self._put_leases(queue, line.second * MICROSECONDS, line.count)
            case AttemptLine():
                attempt = Attempt(id=line.id, asked=line.asked, until=line.until, tasks=line.tasks)
                self._put_attempt(QueueId(line.project, line.queue), attempt)
            case ClockLine():
                self._put_clock(line)

    def _put_task(self, queue: QueueId, task: Task) -> None:
        if self._makes_room(queue, task.name):
            self._tx.put(queue, task)
            self._tasks += 1

    def _put_tombstone(self, queue: QueueId, tombstone: Tombstone) -> None:
        if self._makes_room(queue, tombstone.name):
            self._tx.put_tombstone(queue, tombstone)
            self._tombstones += 1

    def _put_clock(self, line: ClockLine) -> None:
        self._tx.set_clock(
            ClockState(
                base=self._machine.now(),
                own=line.own,
                factor=line.factor,
                auto_jump=line.auto_jump,
            )
        )
        self._now = _time(self._tx, self._machine)

    def _makes_room(self, queue: QueueId, name: str) -> bool:
        """Whether *name* is free, or can be made so."""
        return True

    def _put_leases(self, queue: QueueId, at: int, count: int) -> None:
        self._tx.record_leases(queue, at=at, count=count, forget_before=0)

    def _put_attempt(self, queue: QueueId, attempt: Attempt) -> None:
        self._tx.remember(queue, attempt)


class _Merging(_Putting):
    """Puts lines into a store that may hold something."""

    def __init__(self, tx: Transaction, machine: Clock) -> None:
        super().__init__(tx, machine)
        self._counted: dict[QueueId, set[int]] = {}

    def _put_clock(self, line: ClockLine) -> None:
        pass

    def _makes_room(self, queue: QueueId, name: str) -> bool:
        found = self._tx.find(queue, name)
        if isinstance(found, Tombstone) and found.until <= self._now:
            self._tx.forget(queue, name)
        elif found is not None:
            self._skipped += 1
            return False
        return True

    def _put_leases(self, queue: QueueId, at: int, count: int) -> None:
        counted = self._counted.get(queue)
        if counted is None:
            counted = self._counted[queue] = {at for at, _ in self._tx.lease_counts(queue)}
        if at not in counted:
            super()._put_leases(queue, at, count)

    def _put_attempt(self, queue: QueueId, attempt: Attempt) -> None:
        if self._tx.attempt(queue, attempt.id) is None:
            super()._put_attempt(queue, attempt)


def _time(tx: Transaction, machine: Clock) -> int:
    state, now = tx.clock(), machine.now()
    return now if state is None else state.at(now)


def _lines(view: View, state: ClockState | None, own: int) -> Iterator[Line]:
    if state is not None:
        yield ClockLine(own=own, factor=state.factor, auto_jump=state.auto_jump)
    for queue in view.queues():
        yield from _names(view, queue)
        for at, count in view.lease_counts(queue):
            yield LeasesLine(
                project=queue.project, queue=queue.name, second=at // MICROSECONDS, count=count
            )
        for attempt in view.attempts(queue):
            yield AttemptLine(
                project=queue.project,
                queue=queue.name,
                id=attempt.id,
                asked=attempt.asked,
                until=attempt.until,
                tasks=attempt.tasks,
            )


def _names(view: View, queue: QueueId) -> Iterator[Line]:
    after = ""
    while some := view.look(queue, after=after, limit=_AT_ONCE, with_payload=True):
        for held, _ in some:
            yield _line(queue, held)
        after = some[-1].held.name


def _line(queue: QueueId, held: Task | Tombstone) -> Line:
    if isinstance(held, Tombstone):
        return TombstoneLine(
            project=queue.project, queue=queue.name, name=held.name, until=held.until
        )
    return TaskLine(
        project=queue.project,
        queue=queue.name,
        payload=held.payload or b"",
        name=held.name,
        tag=held.tag,
        eta=held.eta,
        eta_given=held.eta_given,
        enqueued_at=held.enqueued_at,
        retry_count=held.retry_count,
    )


def _task(line: TaskLine, now: int) -> Task:
    return Task(
        name=line.name or new_task_name(),
        payload=line.payload,
        tag=line.tag,
        enqueued_at=now - now % MICROSECONDS if line.enqueued_at is None else line.enqueued_at,
        eta=now if line.eta is None else line.eta,
        eta_given=line.eta_given,
        retry_count=line.retry_count,
    )


def _written_by() -> str:
    try:
        return f"tq-emulator {version('taskqueue-sdk')}"
    except PackageNotFoundError:  # it runs from a folder, without having been installed
        return "tq-emulator"
