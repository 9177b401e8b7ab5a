"""The whole service as a newcomer would write it: one list of tasks, every rule in a line or two.

It shares no code with the engine. Times are whole seconds, as the histories move the clock.
"""

from __future__ import annotations

from dataclasses import dataclass


class Refused(Exception):
    """Carries the name of the backend's error code."""


@dataclass
class ModelTask:
    name: str
    tag: str
    eta: int
    eta_given: bool
    enqueued_at: int
    retry_count: int = 0


class Model:
    """One queue."""

    def __init__(self, *, retry_limit: int | None, tombstone: int) -> None:
        self.now = 0
        self.tasks: list[ModelTask] = []
        self.tombstones: dict[str, int] = {}
        self.leases: list[int] = []
        self.attempts: dict[str, tuple[object, int, list[tuple[str, int]]]] = {}
        self._retry_limit = retry_limit
        self._tombstone = tombstone

    def insert(self, name: str, tag: str, eta: int) -> ModelTask:
        if eta > self.now + 30 * 86_400:
            raise Refused("INVALID_ETA")
        if self._live(name):
            raise Refused("TASK_ALREADY_EXISTS")
        if self._buried(name):
            raise Refused("TOMBSTONED_TASK")
        task = ModelTask(name, tag, eta or self.now, bool(eta), self.now)
        self.tasks.append(task)
        return task

    def lease(self, count: int, seconds: int, tag: str, group_by_tag: bool) -> list[ModelTask]:
        if tag and not group_by_tag:
            raise Refused("INVALID_REQUEST")
        due = [task for task in self.in_order() if task.eta <= self.now]
        if group_by_tag and not tag:
            while due and self._spent(due[0]):
                self._bury(due.pop(0))
            due = [task for task in due if task.tag == due[0].tag]
        elif tag:
            due = [task for task in due if task.tag == tag]
        leased: list[ModelTask] = []
        for task in due:
            if len(leased) == count:
                break
            if self._spent(task):
                self._bury(task)
            else:
                leased.append(task)
        for task in leased:
            task.eta = self.now + seconds
            task.retry_count += 1
            self.leases.append(self.now)
        return leased

    def lease_once(self, attempt: str, *asked) -> list[ModelTask]:
        if attempt in self.attempts:
            before, end, held = self.attempts[attempt]
            if self.now < end:
                if asked != before:
                    raise Refused("INVALID_REQUEST")
                tasks = [self._live(name) for name, _ in held]
                counts = [count for _, count in held]
                return [
                    task
                    for task, count in zip(tasks, counts, strict=True)
                    if task and task.eta == end and task.retry_count == count
                ]
        leased = self.lease(*asked)
        if leased:
            held = [(task.name, task.retry_count) for task in leased]
            self.attempts[attempt] = (asked, leased[0].eta, held)
        return leased

    def renew(self, name: str, seconds: int, eta: int | None, retry_count: int | None) -> ModelTask:
        task = self._known(name)
        if self.now >= task.eta or eta not in (None, task.eta):
            raise Refused("TASK_LEASE_EXPIRED")
        if retry_count not in (None, task.retry_count):
            raise Refused("TASK_LEASE_EXPIRED")
        task.eta = self.now + seconds
        return task

    def delete(self, name: str) -> None:
        self._bury(self._known(name))

    def get(self, name: str) -> ModelTask:
        task = self._live(name)
        if task is None:
            raise Refused("UNKNOWN_TASK")
        return task

    def in_order(self) -> list[ModelTask]:
        return sorted(self.tasks, key=lambda task: (task.eta, task.name.encode()))

    def leased_within(self, seconds: int) -> int:
        return sum(at > self.now - seconds for at in self.leases)

    def _spent(self, task: ModelTask) -> bool:
        return self._retry_limit is not None and task.retry_count >= self._retry_limit

    def _live(self, name: str) -> ModelTask | None:
        return next((task for task in self.tasks if task.name == name), None)

    def _buried(self, name: str) -> bool:
        return self.tombstones.get(name, 0) > self.now

    def _known(self, name: str) -> ModelTask:
        task = self._live(name)
        if task is None:
            raise Refused("TOMBSTONED_TASK" if self._buried(name) else "UNKNOWN_TASK")
        return task

    def _bury(self, task: ModelTask) -> None:
        self.tasks.remove(task)
        self.tombstones[task.name] = self.now + self._tombstone
