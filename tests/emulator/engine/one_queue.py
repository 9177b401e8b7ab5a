"""One queue of an engine, with calls that wait for the store; what most engine tests talk to."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import pytest

from emulator.engine.clock import MICROSECONDS, VirtualClock
from emulator.engine.controlled_clock import ControlledClock, Reading
from emulator.engine.engine import Engine
from emulator.engine.errors import Code, RefusedError
from emulator.engine.limits import STANDARD, Limits
from emulator.engine.model import LeaseToken, QueueId, QueueSettings, QueueStats, Task
from emulator.engine.queues import QueueBook
from emulator.engine.store import Store, Work


class OneQueue:
    """The queue ``q`` of project ``p``, or another of the same engine by ``beside``.

    With *control* its clock is ``control``, which follows ``clock``.
    """

    def __init__(
        self,
        store: Store,
        *,
        settings: QueueSettings | None = None,
        limits: Limits = STANDARD,
        tombstone_seconds: int = 7 * 86_400,
        auto_create: bool = True,
        control: bool = False,
    ) -> None:
        configured = {} if settings is None else {"q": settings}
        self.clock = VirtualClock()
        self.control = ControlledClock(self.clock)
        self.id = QueueId("p", "q")
        self._store = store
        self._engine = Engine(
            self.control if control else self.clock,
            queues=QueueBook(configured, auto_create=auto_create),
            limits=limits,
            tombstone_seconds=tombstone_seconds,
        )

    def beside(self, *, project: str = "p", name: str = "q") -> OneQueue:
        """Another queue of the same engine, store and clock."""
        other = copy(self)
        other.id = QueueId(project, name)
        return other

    def now(self, *, plus: float = 0) -> int:
        return self._engine.clock.now() + round(plus * MICROSECONDS)

    def move(self, work: Work[Reading]) -> None:
        """Do *work* of ``control``."""
        self._store.run(work)

    def insert(
        self,
        name: str | None = None,
        *,
        payload: bytes = b"",
        tag: str = "",
        eta: int | None = None,
    ) -> Task:
        return self._store.run(
            self._engine.insert(self.id, payload=payload, name=name, tag=tag, eta=eta)
        )

    def lease(
        self,
        count: int = 1,
        *,
        seconds: int = 60,
        tag: str = "",
        group_by_tag: bool = False,
        attempt: str | None = None,
    ) -> Sequence[Task]:
        return self._store.run(
            self._engine.lease(
                self.id,
                count=count,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                attempt=attempt,
            )
        )

    def renew(self, task: Task, *, seconds: int = 60, token: LeaseToken | None = None) -> Task:
        """With the token of *task* itself, unless another is given."""
        own = LeaseToken(eta=task.eta, retry_count=task.retry_count)
        return self._store.run(
            self._engine.renew(self.id, task.name, seconds=seconds, token=token or own)
        )

    def drain(self, *, most_tasks: int = 1_000, most_payload_bytes: int = 1 << 20) -> list[Task]:
        return list(
            self._store.run(
                self._engine.drain(
                    self.id, most_tasks=most_tasks, most_payload_bytes=most_payload_bytes
                )
            )
        )

    def delete(self, name: str) -> None:
        self._store.run(self._engine.delete(self.id, name))

    def get(self, name: str) -> Task:
        return self._store.run(self._engine.get(self.id, name))

    def listing(self) -> Sequence[Task]:
        return self._store.run(self._engine.listing(self.id))

    def stats(self) -> QueueStats:
        return self._store.run(self._engine.stats(self.id))

    def describe(self) -> QueueSettings:
        return self._engine.describe(self.id)

    def attempts_kept(self, ids: Sequence[str]) -> int:
        """How many of *ids* the store still knows."""
        return self._store.run(lambda tx: sum(tx.attempt(self.id, id) is not None for id in ids))

    def tombstones_kept(self, names: Sequence[str]) -> int:
        """How many of *names* the store still knows, though there is no task of that name."""
        return self._store.run(
            lambda tx: sum(tx.find(self.id, name) is not None for name in names)
        ) - len(self.listing())


def names(tasks: Sequence[Task]) -> list[str]:
    return [task.name for task in tasks]


def refused(code: Code):
    """What is done within is refused with *code*."""
    return pytest.raises(RefusedError, match=f"^{code.name}: ")
