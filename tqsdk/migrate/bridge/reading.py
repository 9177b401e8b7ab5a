"""Leasing from two queues, so that no task is given from both.

A task of the new queue is given only if the old one has none of its name. The order of the looks
matters: first whether the old queue has it, then whether the new one still does. For whoever has
done a task of the old queue deletes the copy before it; so if the task is gone by the first look,
its copy is by the second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import count

from tqsdk.errors import TaskNotFoundError, TaskQueueError
from tqsdk.lease import Lease, Leases
from tqsdk.migrate.bridge.counters import Counters
from tqsdk.migrate.bridge.lease import OldLease
from tqsdk.migrate.bridge.modes import Mode
from tqsdk.migrate.bridge.secondary import Copies
from tqsdk.models import Task
from tqsdk.queue import Queue

_log = logging.getLogger("tqsdk")

_ROUNDS = 10  # of leases that give copies only, before there is said to be nothing


class Reader:
    """Leases.

    Args:
        old: The old queue.
        new: The new one.
        copies: Those in it.
        strict: Whether failures of the new queue are raised where the old one decides.
        compare_every: Of so many leases of the old queue one is compared; 0 compares none.
        counters: Count.
    """

    def __init__(
        self,
        old: Queue,
        new: Queue,
        copies: Copies,
        *,
        strict: bool,
        compare_every: int,
        counters: Counters,
    ) -> None:
        self._old = old
        self._new = new
        self._copies = copies
        self._strict = strict
        self._compare_every = compare_every
        self._counters = counters
        self._leased = count(1)

    def lease(self, mode: Mode, ask: Callable[[Queue], Leases]) -> Leases:
        """What there is to do.

        Args:
            mode: Says where.
            ask: Leases from a queue.
        """
        if mode is Mode.OLD:
            return self._counted("leased_old", ask(self._old))
        if mode is Mode.NEW:
            return self._counted("leased_new", ask(self._new))
        self._copies.settle()
        if mode is Mode.BACK:
            return self._from_new(mode, ask, rounds=1) or self._from_old(mode, ask)
        return self._from_old(mode, ask) or self._from_new(mode, ask, rounds=_ROUNDS)

    def in_old(self, names: Sequence[str]) -> set[str]:
        """Those of *names* under which the old queue has a task."""
        return set(self._look(self._old, names))

    def in_new(self, names: Sequence[str]) -> set[str]:
        """Those of *names* under which the new queue has a task or a copy, where it decides not."""
        try:
            return set(self._look(self._new, names))
        except TaskQueueError as error:
            self._new_failed(error)
            return set()

    def _from_old(self, mode: Mode, ask: Callable[[Queue], Leases]) -> Leases:
        leases = [OldLease(lease, self._copies.forget) for lease in ask(self._old)]
        if mode is Mode.DUAL and self._compare_every:
            self._copies.compare(
                [lease for lease in leases if not next(self._leased) % self._compare_every]
            )
        return self._counted("leased_old", Leases(self._old._client, leases))

    def _from_new(self, mode: Mode, ask: Callable[[Queue], Leases], *, rounds: int) -> Leases:
        try:
            leases = self._without_copies(ask, rounds)
        except TaskQueueError as error:
            if mode is Mode.DRAIN:
                raise
            self._new_failed(error)
            leases = Leases(self._new._client, [])
        return self._counted("leased_new", leases)

    def _without_copies(self, ask: Callable[[Queue], Leases], rounds: int) -> Leases:
        for _ in range(rounds):
            leases = ask(self._new)
            if not leases:
                return leases
            try:
                own = self._own(leases)
            except BaseException:
                leases._give_back()
                raise
            if own:
                return Leases(self._new._client, own)
        return Leases(self._new._client, [])

    def _own(self, leases: Leases) -> list[Lease]:
        """Those of *leases* that are of tasks of the new queue.

        The others stay leased, so that the next call meets others; who does the task deletes them.
        """
        old = self.in_old([lease.name for lease in leases])
        rest = [lease for lease in leases if lease.name not in old]
        still = self._look(self._new, [lease.name for lease in rest])
        own = [
            lease
            for lease in rest
            if lease.name in still
            and still[lease.name].lease_token == lease.task.lease_token
            and not self._copies.owes(lease.name)
        ]
        self._counters.add("held_back", len(old))
        self._counters.add("gone", len(rest) - len(own))
        return own

    def _look(self, queue: Queue, names: Sequence[str]) -> dict[str, Task]:
        if not names:
            return {}
        batch = queue._client.batch()
        planned = [batch.get(queue, name) for name in names]
        batch.execute()
        found = [each for each in planned if not isinstance(each.error, TaskNotFoundError)]
        return {task.name: task for task in (each.result() for each in found)}

    def _new_failed(self, error: TaskQueueError) -> None:
        self._counters.add("new_failed")
        if self._strict:
            raise error
        _log.warning("the bridge goes without the new queue: %s", error)

    def _counted(self, name: str, leases: Leases) -> Leases:
        self._counters.add(name, len(leases))
        return leases
