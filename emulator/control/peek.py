"""Looking at queues and tasks in any state, which changes nothing.

Access lists do not matter here, nor whether a queue is paused: who may control a server may see all
that it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from emulator.control.serving import Variables, listed, serving
from emulator.engine.engine import Engine
from emulator.engine.errors import Code, RefusedError
from emulator.engine.model import Kept, QueueId, Tombstone
from emulator.engine.names import check_queue_name, check_task_name, is_task_name
from emulator.engine.states import State, state_of
from emulator.engine.store import Transaction
from emulator.rest import errors, payload
from emulator.rest.endpoint import Plan, Serve
from emulator.rest.methods import read_project
from emulator.rest.parse import Arguments
from emulator.rest.render import Members

_USUAL_RESULTS = 100
_MOST_RESULTS = 1_000

# A page ends early rather than keep the server from its work: where a filter fits next to nothing,
# and where payloads are large.
_MOST_LOOKED_AT = 5_000
_MOST_PAYLOAD_BYTES = 8 << 20

# How many names are read at once, without payloads and with them.
_AT_ONCE = 500
_AT_ONCE_WITH_PAYLOADS = 16


class Seen(NamedTuple):
    """What a name stands for now."""

    state: State
    kept: Kept


class _Page(NamedTuple):
    """Some names of a queue.

    Attributes:
        more_after: The name after which to go on; None where there are no more.
    """

    seen: Sequence[Seen]
    more_after: str | None


class _Asked(NamedTuple):
    """What a page is to show; None is no condition."""

    state: str | None
    tag: str | None
    with_payload: bool
    most: int

    def shows(self, seen: Seen) -> bool:
        if self.state not in (None, seen.state.value):
            return False
        held = seen.kept.held
        return self.tag is None or (not isinstance(held, Tombstone) and held.tag == self.tag)


def handlers(engine: Engine) -> dict[str, Serve]:
    """The methods ``queues.list``, ``tasks.list`` and ``tasks.get``."""
    peek = _Peek(engine)
    return {
        "emulator.queues.list": serving(peek.list_queues),
        "emulator.tasks.list": serving(peek.list_tasks),
        "emulator.tasks.get": serving(peek.get_task),
    }


class _Peek:
    """The handlers, over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_queues(self, variables: Variables, arguments: Arguments) -> Plan:
        """queues.list"""
        project = arguments.get("project")
        chosen = None if project is None else read_project(project)[1]
        return Plan(lambda tx: [_queue_members(tx, each) for each in tx.queues(chosen)], listed)

    def list_tasks(self, variables: Variables, arguments: Arguments) -> Plan:
        """tasks.list"""
        queue = queue_of(variables)
        after = _page_token(arguments)
        asked = _Asked(
            arguments.get("state"),
            arguments.get("tag") or None,
            arguments.get("payload", False),
            _most_results(arguments),
        )

        def work(tx: Transaction) -> _Page:
            page = _page(tx, queue, after, asked, self._engine.now_in(tx))
            if not after and not page.seen and page.more_after is None:
                self._check_queue(tx, queue)
            return page

        return Plan(work, _page_members)

    def get_task(self, variables: Variables, arguments: Arguments) -> Plan:
        """tasks.get"""
        queue, name = queue_of(variables), variables["task"]
        check_task_name(name)

        def work(tx: Transaction) -> Seen:
            held = tx.find(queue, name, with_payload=True)
            state = None if held is None else state_of(held, self._engine.now_in(tx))
            if held is None or state is None:
                self._check_queue(tx, queue)
                raise RefusedError(Code.UNKNOWN_TASK, f"there is no task {name!r}")
            size = 0 if isinstance(held, Tombstone) else len(held.payload or b"")
            return Seen(state, Kept(held, size))

        return Plan(work, task_members)

    def _check_queue(self, tx: Transaction, queue: QueueId) -> None:
        """Refuse a queue that is not configured, unless it has stored something once.

        Raises:
            RefusedError: A queue's code.
        """
        if queue not in tx.queues(queue.project):
            self._engine.describe(queue)


def _page(tx: Transaction, queue: QueueId, after: str, asked: _Asked, now: int) -> _Page:
    seen: list[Seen] = []
    room = _MOST_PAYLOAD_BYTES
    for looked_at, kept in enumerate(_names(tx, queue, after, with_payload=asked.with_payload)):
        if looked_at == _MOST_LOOKED_AT or len(seen) == asked.most or room <= 0:
            return _Page(seen, after)
        after = kept.held.name
        state = state_of(kept.held, now)
        if state is not None and asked.shows(each := Seen(state, kept)):
            seen.append(each)
            room -= kept.payload_bytes if asked.with_payload else 0
    return _Page(seen, None)


def _names(tx: Transaction, queue: QueueId, after: str, *, with_payload: bool) -> Iterator[Kept]:
    """All that *queue* keeps under names after *after*, read a few at a time."""
    limit = _AT_ONCE_WITH_PAYLOADS if with_payload else _AT_ONCE
    while some := tx.look(queue, after=after, limit=limit, with_payload=with_payload):
        yield from some
        after = some[-1].held.name


def queue_of(variables: Variables) -> QueueId:
    """The queue that the path names.

    Raises:
        WireError: No project can have this id.
        RefusedError: INVALID_QUEUE_NAME.
    """
    _, project = read_project(variables["project"])
    check_queue_name(variables["queue"])
    return QueueId(project, variables["queue"])


def _most_results(arguments: Arguments) -> int:
    most: int = arguments.get("maxResults", _USUAL_RESULTS)
    if not 1 <= most <= _MOST_RESULTS:
        raise errors.out_of_range("maxResults", most, low=1, high=_MOST_RESULTS)
    return most


def _page_token(arguments: Arguments) -> str:
    """The name after which to go on; "" is before all."""
    token: str = arguments.get("pageToken", "")
    if token and not is_task_name(token):
        raise errors.invalid_page_token(token)
    return token


def _queue_members(tx: Transaction, queue: QueueId) -> Members:
    members: Members = {
        "project": queue.project,
        "name": queue.name,
        "tasks": str(tx.count(queue)),
    }
    first = tx.first(queue, limit=1)
    if first:
        members["oldestEta"] = str(first[0].eta)
    return members


def _page_members(page: _Page) -> Members:
    members = listed([task_members(each) for each in page.seen])
    if page.more_after is not None:
        members["nextPageToken"] = page.more_after
    return members


def task_members(seen: Seen) -> Members:
    held, payload_bytes = seen.kept
    members: Members = {"id": held.name, "state": seen.state.value}
    if isinstance(held, Tombstone):
        members["takenUntil"] = str(held.until)
        return members
    if held.tag:
        members["tag"] = held.tag
    if held.payload is not None:
        members["payloadBase64"] = payload.encode(held.payload)
    members["payloadBytes"] = str(payload_bytes)
    members["enqueueTimestamp"] = str(held.enqueued_at)
    members["eta"] = str(held.eta)
    members["retryCount"] = held.retry_count
    return members
