"""The operations on pull queues, each as a unit of work for a store.

A method checks what it can without the store and refuses at once, so that bad input costs nothing;
what it returns does the rest inside a transaction, and reads the clock there: the order in which
units run is the order of their times (RULINGS 3).

The rules are SEMANTICS.md section 0 and API.md sections 6, 7 and 9.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence

from emulator.engine import attempts
from emulator.engine.clock import MICROSECONDS, Clock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.errors import Code, OutOfRangeError, RefusedError
from emulator.engine.limits import STANDARD, Limits
from emulator.engine.model import LeaseToken, QueueId, QueueSettings, QueueStats, Task
from emulator.engine.names import check_task_name, new_task_name
from emulator.engine.queues import QueueBook
from emulator.engine.store import Transaction, Work

_MINUTE = 60 * MICROSECONDS
_HOUR = 3_600 * MICROSECONDS

# Each deletion forgets up to this many expired tombstones: two, so that a peak drains while new
# ones come, and no deletion ever pays for more.
_SWEPT_PER_DELETION = 2


class Engine:
    """The pull-queue service, over any store."""

    def __init__(
        self,
        clock: Clock,
        *,
        queues: QueueBook | None = None,
        limits: Limits = STANDARD,
        tombstone_seconds: int = 7 * 86_400,
    ) -> None:
        """Make an engine.

        Args:
            clock: Asked once in each unit of work; a ``ControlledClock`` may jump in a lease.
            queues: Which queues there are; by default any.
            limits: How much is allowed.
            tombstone_seconds: How long a deleted name stays taken; 0 frees it at once.
        """
        self.clock = clock
        self._controlled = clock if isinstance(clock, ControlledClock) else None
        self.queues = queues if queues is not None else QueueBook()
        self.limits = limits
        self._tombstone = tombstone_seconds * MICROSECONDS
        self._lease_calls = _RateLimit(limits.lease_calls_per_second)

    def insert(
        self,
        queue: QueueId,
        *,
        payload: bytes,
        name: str | None = None,
        tag: str = "",
        eta: int | None = None,
    ) -> Work[Task]:
        """Store a task.

        Args:
            queue: Where to.
            payload: At most ``limits.payload_bytes``.
            name: Unique in the queue; None has one made.
            tag: "" is no tag.
            eta: Microseconds; None or 0 is now.

        Raises:
            RefusedError: INVALID_TASK_NAME, TASK_TOO_LARGE, INVALID_TAG, INVALID_ETA or a queue's
                code; from the unit also TASK_ALREADY_EXISTS and TOMBSTONED_TASK.
        """
        self.queues.pull_queue(queue.name)
        if name is not None:
            check_task_name(name)
        self._check_payload(payload)
        self._check_tag(tag)
        if eta is not None and eta < 0:
            raise RefusedError(Code.INVALID_ETA, f"eta is {eta}, before 1970")

        def work(tx: Transaction) -> Task:
            now = self.now_in(tx)
            self._check_horizon(eta, now)
            task = Task(
                # The store refuses a name that is taken, fails, and runs this again: another name.
                name=new_task_name() if name is None else name,
                payload=payload,
                tag=tag,
                enqueued_at=now - now % MICROSECONDS,
                eta=eta or now,
                eta_given=bool(eta),
                retry_count=0,
            )
            if name is not None:
                _free(tx, queue, name, now)
            tx.put(queue, task)
            return task

        return work

    def get(self, queue: QueueId, name: str) -> Work[Task]:
        """The live task *name*, with its payload. It is not leased.

        Raises:
            RefusedError: INVALID_TASK_NAME or a queue's code; from the unit UNKNOWN_TASK.
        """
        self.queues.pull_queue(queue.name)
        check_task_name(name)

        def work(tx: Transaction) -> Task:
            found = tx.find(queue, name, with_payload=True)
            if not isinstance(found, Task):
                raise RefusedError(Code.UNKNOWN_TASK, f"there is no task {name!r}")
            return found

        return work

    def listing(self, queue: QueueId) -> Work[Sequence[Task]]:
        """The first ``limits.tasks_per_list`` tasks by (eta, name), leased or not, no payloads.

        Raises:
            RefusedError: A queue's code.
        """
        self.queues.pull_queue(queue.name)
        return lambda tx: tx.first(queue, limit=self.limits.tasks_per_list)

    def lease(
        self,
        queue: QueueId,
        *,
        count: int,
        seconds: int,
        tag: str = "",
        group_by_tag: bool = False,
        attempt: str | None = None,
    ) -> Work[Sequence[Task]]:
        """Lease the oldest available tasks, all until the same microsecond.

        With *group_by_tag*, only tasks of one tag: *tag*, or else that of the oldest task that can
        be leased; if that one has no tag, the untagged ones.

        A task that has had all the leases of its queue's retry limit is deleted when it is met,
        and takes no place among the *count*.

        If nothing can be leased, a controlled clock that jumps goes to the next ETA that might
        change that, be it the end of a lease.

        Args:
            queue: Whose tasks.
            count: How many at most, from 1 to ``limits.tasks_per_lease``.
            seconds: From 0 to ``limits.lease_seconds``.
            tag: "" is any.
            group_by_tag: Whether all tasks are to have one tag.
            attempt: The caller's id for this call, by which its repetition is known and answered
                alike (``attempts``); None to lease anew in any case.

        Raises:
            RefusedError: OutOfRangeError, INVALID_REQUEST for a tag without *group_by_tag* or a
                malformed *attempt*, or a queue's code; from the unit AttemptReusedError.
        """
        settings = self.queues.pull_queue(queue.name)
        if self.limits.clamps_lease_calls:
            count = min(count, self.limits.tasks_per_lease or count)
            seconds = min(seconds, self.limits.lease_seconds or seconds)
        _check_range("count", count, low=1, high=self.limits.tasks_per_lease)
        _check_range("seconds", seconds, low=0, high=self.limits.lease_seconds)
        self._check_tag(tag)
        if tag and not group_by_tag:
            raise RefusedError(Code.INVALID_REQUEST, "a tag selects only with group_by_tag")
        if settings.paused and self.limits.refuses_paused_leases:
            raise _paused(queue)
        gives = not settings.paused and self._lease_calls.allows(queue, self.clock.now())

        def lease_at(tx: Transaction, now: int) -> Sequence[Task]:
            wanted: str | None = tag or None
            met: list[Task] = []
            if group_by_tag and not tag:
                oldest, met = self._choose(tx.available(queue, now=now), settings, count=1)
                wanted = oldest[0].tag if oldest else None
            chosen, spent = self._choose(
                tx.available(queue, now=now, tag=wanted), settings, count=count
            )
            leased = [
                task._replace(eta=now + seconds * MICROSECONDS, retry_count=task.retry_count + 1)
                for task in chosen
            ]
            for task in leased:
                tx.reschedule(queue, task.name, eta=task.eta, retry_count=task.retry_count)
            for name in {task.name for task in (*met, *spent)}:
                self._bury(tx, queue, name, now)
            if leased:
                tx.record_leases(queue, at=now, count=len(leased), forget_before=now - _HOUR)
            return leased

        def work(tx: Transaction, now: int) -> Sequence[Task]:
            if not gives:
                return []
            leased = lease_at(tx, now)
            if leased or self._controlled is None:
                return leased
            jumps = self._controlled.jumps(tx, queue, now=now, tag=tag or None)
            return next(filter(None, (lease_at(tx, later) for later in jumps)), [])

        if attempt is None:
            return lambda tx: work(tx, self.now_in(tx))
        asked = f"{count} {seconds} {group_by_tag} {tag}"
        return attempts.once(work, queue, attempt, asked=asked, now=self.now_in)

    def renew(self, queue: QueueId, name: str, *, seconds: int, token: LeaseToken) -> Work[Task]:
        """Move the end of a live lease to *seconds* from now; 0 releases the task.

        With an empty *token* it is enough that somebody's lease is live. The backend had no flag
        "leased", so a task that waits for a future ``eta`` passes too (SEMANTICS.md 2.3).

        Raises:
            RefusedError: INVALID_TASK_NAME, OutOfRangeError, QUEUE_PAUSED or a queue's code; from
                the unit UNKNOWN_TASK, TOMBSTONED_TASK or TASK_LEASE_EXPIRED.
        """
        settings = self.queues.pull_queue(queue.name)
        check_task_name(name)
        _check_range("seconds", seconds, low=0, high=self.limits.lease_seconds)
        if settings.paused:
            raise _paused(queue)

        def work(tx: Transaction) -> Task:
            now = self.now_in(tx)
            task = _live(tx, queue, name, now, with_payload=True)
            if now >= task.eta or not _fits(token, task):
                raise RefusedError(
                    Code.TASK_LEASE_EXPIRED,
                    f"the lease of task {name!r} has ended, or is not the one quoted",
                )
            renewed = task._replace(eta=now + seconds * MICROSECONDS)
            tx.reschedule(queue, name, eta=renewed.eta, retry_count=renewed.retry_count)
            return renewed

        return work

    def delete(self, queue: QueueId, name: str) -> Work[None]:
        """Delete a live task, whoever holds it.

        Raises:
            RefusedError: INVALID_TASK_NAME or a queue's code; from the unit UNKNOWN_TASK or
                TOMBSTONED_TASK.
        """
        self.queues.pull_queue(queue.name)
        check_task_name(name)

        def work(tx: Transaction) -> None:
            now = self.now_in(tx)
            _live(tx, queue, name, now)
            self._bury(tx, queue, name, now)

        return work

    def drain(
        self, queue: QueueId, *, most_tasks: int, most_payload_bytes: int
    ) -> Work[Sequence[Task]]:
        """Delete the first tasks by (eta, name), leased or not, and return them as they were.

        Args:
            queue: Whose tasks.
            most_tasks: How many at most.
            most_payload_bytes: No further task once their payloads have so many together.

        Raises:
            RefusedError: A queue's code.
        """
        self.queues.pull_queue(queue.name)

        def work(tx: Transaction) -> Sequence[Task]:
            now = self.now_in(tx)
            drained: list[Task] = []
            room = most_payload_bytes
            for each in tx.first(queue, limit=most_tasks):
                if room <= 0:
                    break
                task = _live(tx, queue, each.name, now, with_payload=True)
                room -= len(task.payload or b"")
                drained.append(task)
            for task in drained:
                self._bury(tx, queue, task.name, now)
            return drained

        return work

    def describe(self, queue: QueueId) -> QueueSettings:
        """The queue's settings.

        Raises:
            RefusedError: A queue's code.
        """
        return self.queues.pull_queue(queue.name)

    def stats(self, queue: QueueId) -> Work[QueueStats]:
        """The queue's figures.

        Raises:
            RefusedError: A queue's code.
        """
        self.queues.pull_queue(queue.name)

        def work(tx: Transaction) -> QueueStats:
            now = self.now_in(tx)
            next_second = now // MICROSECONDS * MICROSECONDS + MICROSECONDS
            oldest = tx.first(queue, limit=1)
            return QueueStats(
                total_tasks=tx.count(queue),
                oldest_eta=oldest[0].eta if oldest else None,
                leased_last_minute=tx.leases_between(queue, next_second - _MINUTE, now),
                leased_last_hour=tx.leases_between(queue, next_second - _HOUR, now),
            )

        return work

    def forget_calls(self, project: str | None = None, name: str | None = None) -> None:
        """Let the rate of lease calls begin anew for all queues, a project's, or only one."""
        self._lease_calls.forget(project, name)

    def now_in(self, tx: Transaction) -> int:
        """The time in a unit of work, in microseconds."""
        return self.clock.now() if self._controlled is None else self._controlled.now_in(tx)

    def _check_payload(self, payload: bytes) -> None:
        most = self.limits.payload_bytes
        if most is not None and len(payload) > most:
            raise RefusedError(
                Code.TASK_TOO_LARGE, f"the payload has {len(payload)} bytes, and {most} are allowed"
            )

    def _check_tag(self, tag: str) -> None:
        most = self.limits.tag_bytes
        if most is not None and len(tag.encode()) > most:
            raise RefusedError(
                Code.INVALID_TAG, f"the tag has {len(tag.encode())} bytes, and {most} are allowed"
            )

    def _check_horizon(self, eta: int | None, now: int) -> None:
        horizon = self.limits.eta_horizon
        if eta is not None and horizon is not None and eta > now + horizon:
            raise RefusedError(
                Code.INVALID_ETA, f"eta is {eta}, and the latest allowed is {now + horizon}"
            )

    def _choose(
        self, candidates: Iterable[Task], settings: QueueSettings, *, count: int
    ) -> tuple[list[Task], list[Task]]:
        """Split *candidates* into those to lease and the spent ones met on the way."""
        chosen: list[Task] = []
        spent: list[Task] = []
        room = self.limits.lease_payload_bytes
        for task in candidates:
            if _is_spent(task, settings):
                spent.append(task._replace(payload=None))
                continue
            size = len(task.payload or b"")
            if chosen and room is not None and size > room:
                break
            chosen.append(task)
            if len(chosen) == count:
                break
            if room is not None:
                room -= size
        return chosen, spent

    def _bury(self, tx: Transaction, queue: QueueId, name: str, now: int) -> None:
        tx.bury(queue, name, until=now + self._tombstone if self._tombstone else None)
        tx.sweep(now=now, limit=_SWEPT_PER_DELETION)


class _RateLimit:
    """At most so many calls in any second, per queue (only ``strict`` has this)."""

    def __init__(self, per_second: int | None) -> None:
        self._per_second = per_second
        self._calls: dict[QueueId, deque[int]] = {}
        self._lock = threading.Lock()

    def allows(self, queue: QueueId, now: int) -> bool:
        if self._per_second is None:
            return True
        with self._lock:
            calls = self._calls.setdefault(queue, deque(maxlen=self._per_second))
            if len(calls) == self._per_second and now - calls[0] < MICROSECONDS:
                return False
            calls.append(now)
            return True

    def forget(self, project: str | None, name: str | None) -> None:
        with self._lock:
            self._calls = {
                queue: calls
                for queue, calls in self._calls.items()
                if project not in (None, queue.project) or name not in (None, queue.name)
            }


def _paused(queue: QueueId) -> RefusedError:
    return RefusedError(Code.QUEUE_PAUSED, f"queue {queue.name!r} is paused")


def _is_spent(task: Task, settings: QueueSettings) -> bool:
    return settings.retry_limit is not None and task.retry_count >= settings.retry_limit


def _fits(token: LeaseToken, task: Task) -> bool:
    return token.eta in (None, task.eta) and token.retry_count in (None, task.retry_count)


def _check_range(argument: str, value: int, *, low: int, high: int | None) -> None:
    if value < low or (high is not None and value > high):
        raise OutOfRangeError(argument, value, low=low, high=high)


def _free(tx: Transaction, queue: QueueId, name: str, now: int) -> None:
    """See to it that *name* is free for a new task."""
    found = tx.find(queue, name)
    if isinstance(found, Task):
        raise RefusedError(Code.TASK_ALREADY_EXISTS, f"there is a task {name!r} already")
    if found is None:
        return
    if now < found.until:
        raise RefusedError(
            Code.TOMBSTONED_TASK, f"a task {name!r} was deleted, and its name is not free yet"
        )
    tx.forget(queue, name)


def _live(
    tx: Transaction, queue: QueueId, name: str, now: int, *, with_payload: bool = False
) -> Task:
    found = tx.find(queue, name, with_payload=with_payload)
    if isinstance(found, Task):
        return found
    if found is not None and now < found.until:
        raise RefusedError(Code.TOMBSTONED_TASK, f"task {name!r} has been deleted")
    raise RefusedError(Code.UNKNOWN_TASK, f"there is no task {name!r}")
