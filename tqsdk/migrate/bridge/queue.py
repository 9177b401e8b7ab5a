"""The queue of a program that is on its way from an old queue to a new one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Unpack

from tqsdk import limits
from tqsdk.bulk import InsertReport, NewTask, check
from tqsdk.errors import TaskNotFoundError
from tqsdk.lease import Lease, Leases
from tqsdk.migrate.bridge import modes
from tqsdk.migrate.bridge.counters import Counters
from tqsdk.migrate.bridge.modes import Mode
from tqsdk.migrate.bridge.reading import Reader
from tqsdk.migrate.bridge.secondary import Copies
from tqsdk.migrate.bridge.switch import Switch
from tqsdk.migrate.bridge.writing import Writer
from tqsdk.models import QueueStats, Task
from tqsdk.options import CallOptions
from tqsdk.queue import Queue


@dataclass(frozen=True, slots=True)
class Standing:
    """Where both queues are.

    Attributes:
        mode: That holds in this process.
        old: The numbers of the old queue.
        new: Of the new one; copies count.
    """

    mode: Mode
    old: QueueStats
    new: QueueStats

    def hindrance(self, mode: Mode) -> str | None:
        """Why *mode* must not follow now; None if it may, in any process."""
        return modes.hindrance(
            self.mode, mode, old_tasks=self.old.total_tasks, new_tasks=self.new.total_tasks
        )


class Bridge:
    """Two queues as one; safe to share between threads. Its methods are those of ``Queue``.

    Args:
        old: The queue that has decided so far.
        new: The queue that is to.
        mode: Which mode holds, or what says so at each call; otherwise ``TASKQUEUE_BRIDGE`` does.
        on_secondary_error: What a failure of the new queue is where the old one decides, which it
            does in the modes BACK and DUAL: logged and counted, or raised.
        compare_every: Of so many tasks that are leased from the old queue one is compared with its
            copy, in the mode DUAL; 1 compares all, 0 none.
        grace: For how many seconds a copy cannot be leased at first. More than clocks are apart,
            and than an insertion takes.
        secondary_deadline: For how many seconds an operation on a copy is tried.
        counters: Count what happens.
    """

    def __init__(
        self,
        old: Queue,
        new: Queue,
        *,
        mode: Mode | Callable[[], Mode] | None = None,
        on_secondary_error: Literal["log", "raise"] = "log",
        compare_every: int = 0,
        grace: float = 60.0,
        secondary_deadline: float = 10.0,
        counters: Counters | None = None,
    ) -> None:
        self.old = old
        self.new = new
        self.counters: Counters = Counters() if counters is None else counters
        self._mode = Switch(clock=old._client.clock) if mode is None else mode
        strict = on_secondary_error == "raise"
        self._copies = Copies(
            new, grace=grace, deadline=secondary_deadline, strict=strict, counters=self.counters
        )
        self._reader = Reader(
            old,
            new,
            self._copies,
            strict=strict,
            compare_every=compare_every,
            counters=self.counters,
        )
        self._writer = Writer(
            old, new, reader=self._reader, copies=self._copies, counters=self.counters
        )

    @property
    def mode(self) -> Mode:
        """Which mode holds now."""
        return self._mode if isinstance(self._mode, Mode) else self._mode()

    def insert(
        self,
        payload: bytes | str,
        *,
        name: str | None = None,
        tag: str | None = None,
        eta: datetime | timedelta | None = None,
        **options: Unpack[CallOptions],
    ) -> Task:
        """Store a task, exactly once, as ``Queue.insert`` does.

        In the mode DUAL the old queue decides whether that succeeds. In the modes in the middle a
        name is taken if either queue has it.
        """
        mode = self.mode
        queue = self._writes_to(mode)
        if mode.is_between:
            client = queue._client.with_options(**options)
            task = NewTask(payload, name=name, tag=tag, eta=eta)
            return self._writer.insert_one(mode, client, task)
        stored = queue.insert(payload, name=name, tag=tag, eta=eta, **options)
        self.counters.add("inserted_new" if mode is Mode.NEW else "inserted_old")
        return stored

    def insert_many(
        self,
        tasks: Iterable[bytes | str | NewTask],
        *,
        concurrency: int = 4,
        progress: Callable[[InsertReport], None] | None = None,
        on_failure: Callable[[NewTask, Exception], None] | None = None,
        **options: Unpack[CallOptions],
    ) -> InsertReport:
        """Store any number of tasks, each exactly once, as ``Queue.insert_many`` does.

        The mode is that of the beginning. In those in the middle one request follows the other.
        """
        check("tasks", tasks, concurrency)
        mode = self.mode
        queue = self._writes_to(mode)
        if mode.is_between:
            client = queue._client.with_options(**options)
            return self._writer.insert_many(
                mode, client, tasks, progress=progress, on_failure=on_failure
            )
        report = queue.insert_many(
            tasks, concurrency=concurrency, progress=progress, on_failure=on_failure, **options
        )
        self.counters.add("inserted_new" if mode is Mode.NEW else "inserted_old", report.stored)
        return report

    def lease(
        self,
        *,
        max_tasks: int = 1,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> Leases:
        """Lease tasks of one queue or the other, as the mode says; see ``Queue.lease``.

        What is done to a lease is done to the queue that it is from, whatever mode holds by then.
        """

        def ask(queue: Queue) -> Leases:
            return queue.lease(
                max_tasks=max_tasks,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                retry_ambiguous=retry_ambiguous,
                **options,
            )

        return self._reader.lease(self.mode, ask)

    def lease_iter(
        self,
        *,
        max_tasks: int = 10,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Generator[Lease, None, None]:
        """Lease again and again until nothing is available; see ``Queue.lease_iter``."""
        limits.lasting(self.old.address.limits, seconds)
        while leases := self.lease(max_tasks=max_tasks, seconds=seconds, tag=tag, **options):
            waiting = deque(leases)
            try:
                while waiting:
                    lease = waiting.popleft()
                    if lease.seconds_left:
                        yield lease
            finally:
                Leases(leases._client, list(waiting))._give_back()

    def get(self, name: str, **options: Unpack[CallOptions]) -> Task:
        """One task with its payload, from the old queue if both have it.

        Raises:
            TaskNotFoundError: There is none of this name.
        """
        mode = self.mode
        if mode is Mode.NEW:
            return self.new.get(name, **options)
        try:
            return self.old.get(name, **options)
        except TaskNotFoundError:
            if mode is Mode.OLD:
                raise
            return self.new.get(name, **options)

    def delete(
        self, name: str, *, missing_ok: bool = False, **options: Unpack[CallOptions]
    ) -> None:
        """Delete a task, and its copy.

        Raises:
            TaskNotFoundError: There is none of this name, and not *missing_ok*.
        """
        mode = self.mode
        if not mode.is_between:
            queue = self._writes_to(mode)
            queue.delete(name, missing_ok=missing_ok, **options)
            return
        was_in_new = self._copies.forget(name)
        # If that is not known it may be a task of the new queue alone, and is not deleted.
        self.old.delete(name, missing_ok=bool(was_in_new) or missing_ok, **options)

    def stats(self, **options: Unpack[CallOptions]) -> QueueStats:
        """The numbers of what there is to do.

        Where both queues are asked these are the greater ones, for copies are in both: there are at
        least so many tasks.
        """
        mode = self.mode
        if not mode.is_between:
            return self._writes_to(mode).stats(**options)
        both = self.old.stats(**options), self.new.stats(**options)
        ages = [each.oldest_task for each in both if each.oldest_task is not None]
        return QueueStats(
            total_tasks=max(each.total_tasks for each in both),
            oldest_task=min(ages, default=None),
            leased_last_minute=sum(each.leased_last_minute for each in both),
            leased_last_hour=sum(each.leased_last_hour for each in both),
        )

    def standing(self) -> Standing:
        """Where both queues are, to see which mode may follow."""
        return Standing(self.mode, self.old.stats(), self.new.stats())

    def settle(self) -> None:
        """Delete copies whose deletion has failed before; each lease does so for some."""
        self._copies.settle()

    def _writes_to(self, mode: Mode) -> Queue:
        return self.new if mode.writes_new_only else self.old

    def __repr__(self) -> str:
        return f"Bridge({self.old!r}, {self.new!r})"
