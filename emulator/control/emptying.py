"""Waiting until a queue is empty, and emptying it: what tests of its workers end with."""

from __future__ import annotations

from typing import TypeVar

from emulator.control.peek import Seen, queue_of, task_members
from emulator.control.serving import Variables, serving
from emulator.control.watched_store import WatchedStore
from emulator.engine.engine import Engine
from emulator.engine.model import Kept, Task
from emulator.engine.states import state_of
from emulator.engine.store import Transaction
from emulator.rest import errors
from emulator.rest.endpoint import Plan, Serve, Slow
from emulator.rest.parse import Arguments
from emulator.rest.render import Members

N = TypeVar("N", int, float)

_USUAL_SECONDS = 10.0
_MOST_SECONDS = 300.0
_MOST_TASKS = 2**31 - 1

# Of an answer: it is made whole before it is sent.
_MOST_DRAINED = 1_000
_MOST_PAYLOAD_BYTES = 8 << 20


def handlers(engine: Engine, store: WatchedStore) -> dict[str, Serve]:
    """The methods ``queues.wait`` and ``queues.drain``."""

    def wait(variables: Variables, arguments: Arguments) -> Slow:
        queue = queue_of(variables)
        engine.describe(queue)
        most = _within(arguments, "tasks", usual=0, most=_MOST_TASKS)
        seconds = _within(arguments, "seconds", usual=_USUAL_SECONDS, most=_MOST_SECONDS)

        def run() -> Members:
            count = store.wait(
                lambda tx: tx.count(queue), lambda count: count <= most, seconds=seconds
            )
            return {"project": queue.project, "name": queue.name, "tasks": str(count)}

        return Slow(run)

    def drain(variables: Variables, arguments: Arguments) -> Plan:
        queue = queue_of(variables)
        unit = engine.drain(queue, most_tasks=_MOST_DRAINED, most_payload_bytes=_MOST_PAYLOAD_BYTES)

        def work(tx: Transaction) -> list[Members]:
            now = engine.now_in(tx)
            return [_as_it_was(task, now) for task in unit(tx)]

        return Plan(work, lambda drained: {"items": drained} if drained else {})

    return {"emulator.queues.wait": serving(wait), "emulator.queues.drain": serving(drain)}


def _within(arguments: Arguments, name: str, *, usual: N, most: N) -> N:
    value: N = arguments.get(name, usual)
    if not 0 <= value <= most:
        raise errors.out_of_range(name, value, low=0, high=most)
    return value


def _as_it_was(task: Task, now: int) -> Members:
    state = state_of(task, now)
    assert state is not None  # a task has one
    return task_members(Seen(state, Kept(task, len(task.payload or b""))))
