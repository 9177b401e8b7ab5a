"""A queue of any server of the API as a source: what can be leased, and nothing else.

To drain is to lease, have it put, and delete. To copy is to lease, have it put, and release all of
it at the end; that leaves traces, and may cost tasks, so it wants to be warned of.

After a kill, tasks that were leased come back by their names, for the API gives a task to whoever
knows it. Those of a lease whose answer was never read come back by the id of that call, if the
server knows repeated leases; otherwise when their lease ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeAlias

from tqsdk import calls, names, operations
from tqsdk.client import Client
from tqsdk.clock import Clock
from tqsdk.errors import LeaseLostError, TaskNotFoundError
from tqsdk.lease import Lease
from tqsdk.migrate.moving.ledger import Held, Ledger
from tqsdk.migrate.moving.model import Batch, MoveError, Record
from tqsdk.migrate.moving.server import Place
from tqsdk.models import Task
from tqsdk.queue import Queue

_DRAIN_SECONDS = 600
_COPY_SECONDS = 3_600

_SECOND_LOOK = 1.0  # seconds
_LOOK_AGAIN = 5.0  # seconds, for tasks that are waited for

_ROOM = 10  # leases that a task must have left to be copied

Leased: TypeAlias = Sequence[Task]


class Leasing:
    """What both kinds do: lease until nothing is left.

    Args:
        place: The queue.
        ledger: Remembers the lease that is being asked for.
        clock: Waits.
        seconds: The length of each lease.
        batch: Tasks in one lease.
        wait: For how long to wait for more when there seems to be none.
    """

    def __init__(
        self,
        place: Place,
        ledger: Ledger,
        *,
        clock: Clock,
        seconds: int,
        batch: int,
        wait: float,
    ) -> None:
        self.queue: Queue = place.one()
        self.client: Client = place.client
        self._ledger = ledger
        self._clock = clock
        self._seconds = seconds
        self._batch = batch
        self._wait = wait

    def total(self) -> int:
        """How many tasks there are, leased or not."""
        return self.queue.stats().total_tasks

    def __iter__(self) -> Iterator[Leased]:
        waited = 0.0
        while True:
            tasks = self._lease()
            if not tasks and self.queue.stats().total_tasks:
                # A server that is asked too often answers as if there were nothing: production did
                # so after ten leases in one second.
                self._clock.sleep(_SECOND_LOOK)
                tasks = self._lease()
            if tasks:
                yield tasks
                if self._ledger.attempt is not None:  # no batch has begun with these
                    self._ledger.attempt = None
            elif waited >= self._wait or not self.queue.stats().total_tasks:
                return
            else:
                pause = min(_LOOK_AGAIN, self._wait - waited)
                self._clock.sleep(pause)
                waited += pause

    def fetch(self, wanted: Iterable[str]) -> Leased:
        """Those of the tasks that are still there, whoever has leased them."""
        batch = self.client.batch()
        planned = [batch.get(self.queue, name) for name in wanted]
        batch.execute()
        return [each.result() for each in planned if not isinstance(each.error, TaskNotFoundError)]

    def delete(self, gone: Iterable[str]) -> None:
        batch = self.client.batch()
        planned = [batch.delete(self.queue, name, missing_ok=True) for name in gone]
        batch.execute()
        for each in planned:
            each.result()

    def renew(self, held: Iterable[Held]) -> list[Held]:
        """Lease tasks for as long again; those that are still ours, with their new tokens."""
        batch = self.client.batch()
        leases = [self._lease_of(each) for each in held]
        planned = [batch.renew(lease, self._seconds) for lease in leases]
        batch.execute()
        still = [
            lease.task
            for lease, each in zip(leases, planned, strict=True)
            if not isinstance(each.error, LeaseLostError)
        ]
        for each in planned:
            if not isinstance(each.error, LeaseLostError):
                each.result()
        return [_held(task) for task in still]

    def release(self, held: Iterable[Held]) -> None:
        """Give tasks back; a lease that has ended is none the worse for it."""
        batch = self.client.batch()
        planned = [batch.release(self._lease_of(each)) for each in held]
        batch.execute()
        for each in planned:
            if not isinstance(each.error, LeaseLostError):
                each.result()

    def _lease(self) -> Leased:
        address = self.queue.address
        call = calls.lease_tasks(
            address.project,
            address.queue,
            max_tasks=self._batch,
            seconds=self._seconds,
            attempt_id=self._attempt(),
        )
        # Whatever a lost answer has leased comes back when that lease ends.
        tasks = self.client.run(
            operations.lease_once(
                self.client.exchange(),
                address,
                call,
                seconds=self._seconds,
                retry_ambiguous=True,
            )
        )
        if not tasks:
            self._ledger.attempt = None
        return tasks

    def _attempt(self) -> str:
        """The id of the lease that is to come: that of an earlier run if it asked for the same."""
        asked = f" {self._batch} {self._seconds}"
        before = self._ledger.attempt
        if before is None or not before.endswith(asked):
            before = self._ledger.attempt = names.generate() + asked
        return before.removesuffix(asked)

    def _lease_of(self, held: Held) -> Lease:
        task = Task(
            name=held.name,
            queue=self.queue.name,
            project=self.client.project,
            payload=b"",
            enqueued_at=self._clock.now(),
            lease_token=held.token,
            retry_count=held.retry_count,
        )
        return Lease(self.client, self.queue.address, operations.Held(task, until=float("inf")))


class DrainSource:
    """Deletes what was put."""

    def __init__(self, leasing: Leasing) -> None:
        self._leasing = leasing
        self._tokens: dict[str, Held] = {}
        self._refused: dict[str, Held] = {}

    def batches(self, after: str | None) -> Iterator[Batch]:
        for tasks in self._leasing:
            yield self._batch(tasks)

    def again(self, place: str) -> Batch:
        return Batch(_records(self._leasing.fetch(json.loads(place))), place)

    def hold(self, batch: Batch) -> None:
        """Renew the leases; one that is lost means that somebody else may do that task too."""
        held = self._leasing.renew(self._tokens.values())
        self._tokens = {each.name: each for each in held}

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        self._refused |= {name: self._tokens[name] for name in refused if name in self._tokens}
        self._leasing.delete(name for name in json.loads(batch.place) if name not in refused)

    def finish(self) -> str | None:
        """Give back what was refused, and count what could not be leased."""
        self._leasing.release(self._refused.values())
        left = self._leasing.queue.stats().total_tasks - len(self._refused)
        if left <= 0:
            return None
        return f"{left:,} left in the queue: leased by others, or not due yet"

    def total(self) -> int:
        return self._leasing.total()

    def preview(self) -> None:
        return None

    def close(self) -> None:
        self._leasing.client.close()

    def _batch(self, tasks: Leased) -> Batch:
        self._tokens = {task.name: _held(task) for task in tasks}
        return Batch(_records(tasks), json.dumps([task.name for task in tasks]))


class CopySource:
    """Releases all that was put when all is put.

    Args:
        leasing: Leases.
        ledger: Remembers what is held.
        force: Whether to copy although tasks may be lost by it.
        note: Told what copying changes.

    Raises:
        MoveError: The queue deletes tasks that are leased too often, and not *force*.
    """

    def __init__(
        self, leasing: Leasing, ledger: Ledger, *, force: bool, note: Callable[[str], None]
    ) -> None:
        self._leasing = leasing
        self._ledger = ledger
        if ledger.is_new:
            self._check(force)
            note(
                "copying by lease raises each task's retry_count by one, changes their order, and"
                " hides them from others until all are copied"
            )

    def batches(self, after: str | None) -> Iterator[Batch]:
        if self._ledger.is_releasing:
            return
        for tasks in self._leasing:
            if not self._ledger.see(task.name for task in tasks):
                return  # all of these were leased by this run: leases end already
            # Those that an earlier run has copied come again when its leases have ended.
            known = [task for task in tasks if self._ledger.holds(task.name)]
            self._ledger.hold(map(_held, known))
            new = [task for task in tasks if task not in known]
            if new:
                yield Batch(_records(new), json.dumps([_spelled(task) for task in new]))

    def again(self, place: str) -> Batch:
        tasks = self._leasing.fetch(held.name for held in _holding(place))
        return Batch(_records(tasks), place)

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        self._ledger.hold(_holding(batch.place))

    def finish(self) -> str | None:
        """Release; and count what could not be leased."""
        copied = self._ledger.start_releasing()
        for held in self._ledger.unreleased():
            self._leasing.release(held)
            self._ledger.released(held)
        left = self._leasing.queue.stats().total_tasks - copied
        if left <= 0:
            return None
        return f"{left:,} not copied: leased by others, or not due yet"

    def total(self) -> int:
        return self._leasing.queue.stats().total_tasks

    def preview(self) -> None:
        return None

    def close(self) -> None:
        self._leasing.client.close()

    def _check(self, force: bool) -> None:
        most = self._leasing.queue.info().max_leases
        if not most or force:
            return
        seen = max((task.retry_count for task in self._leasing.queue.list()), default=0)
        if most < seen + _ROOM:
            raise MoveError(
                f"the queue deletes tasks after {most} leases, tasks have had {seen}, and copying"
                " is one more: drain it, or copy with --force"
            )


def _records(tasks: Leased) -> list[Record]:
    """Tasks as they were before our lease."""
    return [
        Record(
            project=task.project.rpartition("~")[2],
            queue=task.queue,
            name=task.name,
            payload=task.payload,
            tag=task.tag or "",
            enqueued_at=_microseconds(task),
            retry_count=max(task.retry_count - 1, 0),
        )
        for task in tasks
    ]


def _microseconds(task: Task) -> int:
    return round(task.enqueued_at.timestamp() * 1_000_000)


def _held(task: Task) -> Held:
    return Held(task.name, task.lease_token, task.retry_count)


def _spelled(task: Task) -> list[object]:
    return [task.name, task.lease_token, task.retry_count]


def _holding(place: str) -> list[Held]:
    return [Held(*each) for each in json.loads(place)]


def source(
    mode: str,
    place: Place,
    ledger: Ledger,
    *,
    clock: Clock,
    seconds: int | None,
    batch: int,
    wait: float,
    force: bool,
    note: Callable[[str], None],
) -> DrainSource | CopySource:
    """The source for *mode*: ``drain`` or ``copy``.

    Raises:
        MoveError: The queue cannot be read so.
    """
    is_copy = mode == "copy"
    leasing = Leasing(
        place,
        ledger,
        clock=clock,
        seconds=seconds or (_COPY_SECONDS if is_copy else _DRAIN_SECONDS),
        batch=batch,
        wait=wait,
    )
    if is_copy:
        return CopySource(leasing, ledger, force=force, note=note)
    return DrainSource(leasing)
