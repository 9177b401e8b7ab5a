"""The copies in the new queue, while the old one decides: each may be missing, and nothing is lost.

A copy is stored before its task and deleted before it, so that whoever has the task finds its copy.
It cannot be leased for a while, so that nobody meets a copy whose task is still on its way. What is
in the new queue alone is a task like any other: inserted in another mode, or by an insertion that
failed half-way, which is not undone, for it may be repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from tqsdk.bulk import NewTask
from tqsdk.errors import TaskExistsError, TaskNotFoundError, TaskQueueError
from tqsdk.forks import Lock
from tqsdk.lease import Lease
from tqsdk.migrate.bridge.counters import Counters
from tqsdk.queue import Queue

_log = logging.getLogger("tqsdk")
_SETTLED_AT_ONCE = 100
_MOST_OWED = 100_000  # names kept in memory; what is beyond may be done twice


class Copies:
    """What is done to copies.

    Args:
        queue: The new one.
        grace: For how many seconds a copy cannot be leased at first. More than an insertion takes,
            and than clocks are apart.
        deadline: For how many seconds an operation is tried.
        strict: Whether failures are raised; otherwise they are logged, and counted.
        counters: Count.
    """

    def __init__(
        self, queue: Queue, *, grace: float, deadline: float, strict: bool, counters: Counters
    ) -> None:
        self._queue = queue
        self._client = queue._client.with_options(deadline=deadline)
        self._bounded = self._client.queue(queue.name)
        self._grace = timedelta(seconds=grace)
        self._strict = strict
        self._counters = counters
        self._owed: dict[str, None] = {}
        self._lock = Lock()

    def put(self, tasks: Sequence[NewTask]) -> dict[str, Exception]:
        """Store copies of *tasks*, which have names.

        Returns:
            Why a task must not be inserted into the old queue, by its name: the new one has it, or
            had it until lately; or its copy failed, and failures are raised.
        """
        batch = self._client.batch()
        ready = self._client.clock.now() + self._grace
        planned = [
            batch.insert(
                self._queue,
                task.payload,
                name=task.name,
                tag=task.tag,
                eta=_not_before(task.eta, ready, self._grace),
            )
            for task in tasks
        ]
        batch.execute()
        refusals: dict[str, Exception] = {}
        for task, each in zip(tasks, planned, strict=True):
            if each.error is None:
                self._counters.add("copied")
            elif self._strict or isinstance(each.error, TaskExistsError):
                refusals[task.name or ""] = each.error
            else:
                self._counters.add("copy_failed")
                _log.warning("the bridge has no copy of a task: %s", each.error)
        return refusals

    def take_back(self, name: str) -> None:
        """Delete the copy of a task that the old queue has refused."""
        try:
            was_there = self._delete(name)
        except TaskQueueError as error:
            self._owe(name, error)
            return
        if was_there:
            self._counters.add("copy_taken_back")

    def forget(self, name: str) -> bool | None:
        """Delete the copy of a task that is about to be deleted.

        Returns:
            Whether there was one; None if that is not known, and to be tried again.

        Raises:
            TaskQueueError: That failed, and failures are raised.
        """
        try:
            was_there = self._delete(name)
        except TaskQueueError as error:
            if self._strict:
                raise
            self._owe(name, error)
            return None
        if was_there:
            self._counters.add("copy_deleted")
        return was_there

    def owes(self, name: str) -> bool:
        """Whether the task of this name is done, and its copy is not deleted yet."""
        with self._lock:
            return name in self._owed

    def settle(self) -> None:
        """Delete some of the copies whose deletion has failed."""
        with self._lock:
            names = list(self._owed)[:_SETTLED_AT_ONCE]
            for name in names:
                del self._owed[name]
        if not names:
            return
        batch = self._client.batch()
        planned = [batch.delete(self._queue, name, missing_ok=True) for name in names]
        batch.execute()
        failed = [name for name, each in zip(names, planned, strict=True) if each.error]
        with self._lock:
            self._owed |= dict.fromkeys(failed)
        self._counters.add("copy_settled", len(names) - len(failed))

    def compare(self, leases: Sequence[Lease]) -> None:
        """Look at the copies of tasks of the old queue, and count what differs."""
        batch = self._client.batch()
        planned = [batch.get(self._queue, lease.name) for lease in leases]
        batch.execute()
        for lease, each in zip(leases, planned, strict=True):
            if each.error is None:
                self._counters.add("compared")
                copy = each.result()
                if copy.payload != lease.payload:
                    self._differs("payload", lease.name)
                if copy.tag != lease.tag:
                    self._differs("tag", lease.name)
            elif isinstance(each.error, TaskNotFoundError):
                self._counters.add("compared")
                self._differs("missing", lease.name)
            else:
                self._counters.add("compare_failed")
                _log.warning("the bridge cannot compare a copy: %s", each.error)

    def _differs(self, kind: str, name: str) -> None:
        self._counters.add(f"differs_{kind}")
        _log.warning("the copy of task %r differs: %s", name, kind)

    def _delete(self, name: str) -> bool:
        try:
            self._bounded.delete(name)
        except TaskNotFoundError:
            return False
        return True

    def _owe(self, name: str, error: TaskQueueError) -> None:
        _log.warning("the bridge owes the deletion of a copy: %s", error)
        self._counters.add("copy_owed")
        with self._lock:
            if len(self._owed) < _MOST_OWED:
                self._owed[name] = None


def _not_before(
    eta: datetime | timedelta | None, ready: datetime, grace: timedelta
) -> datetime | timedelta:
    if eta is None:
        return ready
    return max(eta, grace) if isinstance(eta, timedelta) else max(eta, ready)
