"""The programs of a rehearsal: they do what programs should, and sometimes die at it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tqsdk.bulk import NewTask
from tqsdk.clock import Clock
from tqsdk.errors import TaskExistsError, TaskNotFoundError, TaskQueueError
from tqsdk.lease import Lease
from tqsdk.migrate.bridge import Bridge, Mode

_LEASE_SECONDS = 60
_AT_ONCE = 5
_SLOWEST = 20.0  # seconds of work on a task; five of them fit into a lease only just


@dataclass
class Record:
    """What all of them have done together.

    Attributes:
        stored: Names of tasks whose insertion was confirmed.
        worked: How often the work of each task was done.
        refused: How many calls failed though they were repeated.
        deaths: How many programs ended in the middle of their work, and began anew.
        lost_leases: How many leases had ended when the work was done, which then was for nothing.
    """

    stored: set[str] = field(default_factory=set[str])
    worked: Counter[str] = field(default_factory=Counter[str])
    refused: int = 0
    deaths: int = 0
    lost_leases: int = 0


class Player:
    """A process with a bridge of its own, which hears of a switch when its time has come.

    Attributes:
        bridge: To be set by whoever makes it, with ``hear`` as what says the mode.
        mode: Which holds for it.
    """

    bridge: Bridge

    def __init__(self, record: Record) -> None:
        self.mode = Mode.OLD
        self.record = record

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left half done."""
        raise NotImplementedError

    def hear(self) -> Mode:
        """What the bridge asks for."""
        return self.mode


class Producer(Player):
    """Inserts; what fails it inserts again under the same name, as docs/client.md says."""

    def __init__(self, record: Record, tasks: Iterator[NewTask], per_second: float) -> None:
        super().__init__(record)
        self._tasks = tasks
        self._per_second = per_second
        self._due = 0.0
        self._again: list[NewTask] = []

    def act(self, seconds: float, *, inserts: bool) -> None:
        """Do what there is to do in *seconds*."""
        waiting, self._again = self._again, []
        for task in waiting:
            self._insert(task)
        self._due += seconds * self._per_second if inserts else 0
        while self._due >= 1:
            self._due -= 1
            following = next(self._tasks, None)
            if following is not None:
                self._insert(following)

    @property
    def is_idle(self) -> bool:
        return not self._again

    def _insert(self, task: NewTask) -> None:
        try:
            self.bridge.insert(task.payload, name=task.name, tag=task.tag, eta=task.eta)
        except TaskExistsError:
            pass  # by the attempt before
        except TaskQueueError:
            self.record.refused += 1
            self._again.append(task)
            return
        self.record.stored.add(task.name or "")


class Consumer(Player):
    """Leases, works, and deletes; dies now and then, and leaves its leases to run out."""

    def __init__(self, record: Record, clock: Clock, random: Random, deadly: float) -> None:
        super().__init__(record)
        self._clock = clock
        self._random = random
        self._deadly = deadly
        self._waiting: deque[Lease] = deque()
        self._done_at = 0.0
        self._undeleted: list[Lease] = []

    def act(self) -> None:
        """Go on, as far as it is time to."""
        self._delete_again()
        if self._random.random() < self._deadly:
            self.record.deaths += 1
            self._waiting.clear()
        if not self._waiting:
            self._lease()
        elif self._clock.monotonic() >= self._done_at:
            self._finish(self._waiting.popleft())

    @property
    def is_idle(self) -> bool:
        return not (self._waiting or self._undeleted)

    def _lease(self) -> None:
        try:
            self._waiting += self.bridge.lease(max_tasks=_AT_ONCE, seconds=_LEASE_SECONDS)
        except TaskQueueError:
            self.record.refused += 1
        self._begin()

    def _begin(self) -> None:
        self._done_at = self._clock.monotonic() + self._random.random() ** 4 * _SLOWEST

    def _finish(self, lease: Lease) -> None:
        self._begin()
        if not lease.seconds_left:
            self.record.lost_leases += 1  # a careful program looks before its work has effect
            return
        self.record.worked[lease.name] += 1
        self._delete(lease)

    def _delete_again(self) -> None:
        waiting, self._undeleted = self._undeleted, []
        for lease in waiting:
            self._delete(lease)

    def _delete(self, lease: Lease) -> None:
        try:
            lease.delete()
        except TaskNotFoundError:
            pass
        except TaskQueueError:
            self.record.refused += 1
            self._undeleted.append(lease)
