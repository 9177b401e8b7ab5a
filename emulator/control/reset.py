"""Forgetting: everything, a project, or a queue, as if it had never been."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emulator.control.serving import Variables, serving
from emulator.engine.engine import Engine
from emulator.engine.model import QueueId, Wiped
from emulator.engine.names import check_queue_name
from emulator.engine.store import Transaction
from emulator.rest import errors
from emulator.rest.endpoint import Plan, Serve
from emulator.rest.methods import read_project
from emulator.rest.parse import Arguments
from emulator.rest.render import Members


def handlers(engine: Engine, *, forget: Sequence[Callable[[], None]] = ()) -> dict[str, Serve]:
    """The method ``reset``.

    Args:
        engine: Forgets what it keeps in memory.
        forget: What else forgets when everything is reset; called once the store's part is on
            disk, and not to wait for anything.
    """

    def reset(variables: Variables, arguments: Arguments) -> Plan:
        project, queue = _chosen(arguments)

        def done(wiped: Wiped) -> Members:
            engine.forget_calls(project, queue)
            if project is None:
                for each in forget:
                    each()
            return {"tasks": str(wiped.tasks), "tombstones": str(wiped.tombstones)}

        return Plan(lambda tx: _wipe(tx, project, queue), done)

    return {"emulator.reset": serving(reset)}


def _chosen(arguments: Arguments) -> tuple[str | None, str | None]:
    """Project and queue, None where all are meant.

    What is given and empty is refused: it was some variable that somebody forgot to set, and to
    take it for "all" would take away too much.

    Raises:
        WireError: The project id is none, or there is a queue without a project.
        RefusedError: INVALID_QUEUE_NAME.
    """
    project, queue = arguments.get("project"), arguments.get("queue")
    if queue is not None:
        if project is None:
            raise errors.queue_without_project()
        check_queue_name(queue)
    return None if project is None else read_project(project)[1], queue


def _wipe(tx: Transaction, project: str | None, queue: str | None) -> Wiped:
    if project is None:
        tx.set_clock(None)
        return tx.wipe()
    queues = tx.queues(project) if queue is None else [QueueId(project, queue)]
    wiped = [tx.wipe(each) for each in queues]
    return Wiped(sum(each.tasks for each in wiped), sum(each.tombstones for each in wiped))
