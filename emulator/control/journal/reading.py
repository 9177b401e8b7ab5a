"""What an entry means: which method it called, on what, what became of it, what was sent in vain.

A request is read here more generously than by the API: one that was refused must be readable too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from discovery.contract import Contract
from emulator.control.journal.callers import Callers
from emulator.control.journal.entry import Entry, Event, Happening, Reading
from emulator.control.journal.record import MOST_BYTES
from emulator.control.journal.unread import UnreadFields
from emulator.rest.access import token_of
from emulator.rest.envelope import decompress
from emulator.rest.errors import CODE_HEADER, WireError
from emulator.rest.messages import Request, Response
from emulator.rest.methods import read_project
from emulator.rest.parse import Pairs, query_pairs, split_form
from emulator.rest.render import is_script
from emulator.rest.routes import Route, Router

Object: TypeAlias = Mapping[str, Any]

_DONE: Mapping[str, Happening] = {
    "insert": "inserted",
    "lease": "leased",
    "update": "renewed",
    "patch": "renewed",
    "delete": "deleted",
}


class Reader:
    """Reads entries, each once."""

    def __init__(
        self, contracts: Sequence[Contract], callers: Callers | None = None, *, jsonp: bool = False
    ) -> None:
        """Make a reader.

        Args:
            contracts: Of the API whose requests are recorded.
            callers: Remembers whose tokens were good.
            jsonp: Whether the API reads ``callback``.
        """
        self._router = Router(contracts)
        self._callers = callers
        self._unread = UnreadFields(contracts, jsonp=jsonp)

    def read(self, entry: Entry) -> Reading:
        """What *entry* means."""
        if entry.reading is None:
            entry.reading = self._read(entry.request, entry.response)
        return entry.reading

    def _read(self, request: Request, response: Response) -> Reading:
        pairs, body = sent(request)
        answer = _answer(response)
        error = answer.get("error")
        refused = response.status >= 400 or error is not None
        reading = Reading(
            caller=self._callers.email(token_of(request, pairs)) if self._callers else None,
            attempt=request.headers.get("x-taskqueue-attempt"),
            refused=refused,
            code=dict(response.headers).get(CODE_HEADER),
            message=_text(error, "message") or "",
        )
        verb = "GET" if request.verb == "HEAD" else request.verb
        matched = self._router.match(verb, request.path)
        if matched is None:
            return reading
        route, variables = matched
        tasks = _tasks(route, variables, body, {} if refused else answer)
        return msgspec.structs.replace(
            reading,
            method=route.method.id,
            project=plain_project(variables["project"]),
            queue=variables["taskqueue"],
            tasks=tasks,
            tag=dict(pairs).get("tag") or _text(body, "tag"),
            events=tuple(_events(route, tasks, dict(pairs), answer, refused=refused)),
            unread=self._unread.of(route, pairs, body),
        )


def sent(request: Request) -> tuple[Pairs, Object]:
    """The parameters and the body's members, as far as they can be read."""
    form, raw = split_form(request.headers.get("content-type"), plain_body(request))
    try:
        return query_pairs(request.query, form), _object(raw)
    except WireError:  # too many parameters
        return (), _object(raw)


def plain_body(request: Request) -> bytes:
    """The body, unpacked if it can be."""
    body = request.body or b""
    try:
        return decompress(request, body, MOST_BYTES)
    except WireError:
        return body


def plain_project(segment: str) -> str:
    """A project without its partition, or as it is if no project can have this id."""
    try:
        return read_project(segment)[1]
    except WireError:
        return segment


def _answer(response: Response) -> Object:
    body = response.body
    if is_script(response):
        body = body[body.find(b"(") + 1 : body.rfind(b")")]
    return _object(body)


def _object(raw: bytes) -> Object:
    try:
        members = msgspec.json.decode(raw) if raw else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


def _tasks(
    route: Route, variables: Mapping[str, str], body: Object, answer: Object
) -> tuple[str, ...]:
    if not route.method.id.startswith("taskqueue.tasks."):
        return ()
    named = [variables.get("task")]
    if route.method.request is not None:
        named.append(_text(body, "id"))
    named += [_text(each, "id") for each in _resources(answer)]
    return tuple(dict.fromkeys(each for each in named if each))


def _events(
    route: Route,
    tasks: Sequence[str],
    parameters: Mapping[str, str],
    answer: Object,
    *,
    refused: bool,
) -> Iterator[Event]:
    """What happened to tasks, as far as it can be told from the answer."""
    if refused:
        yield from (Event(task, "refused") for task in tasks)
        return
    happening = _DONE.get(route.method.id.rpartition(".")[2])
    if happening is None:
        return
    if happening == "deleted":
        yield from (Event(task, happening) for task in tasks)
        return
    if happening == "renewed" and _integer(parameters.get("newLeaseSeconds")) == 0:
        happening = "released"
    for each in _resources(answer):
        until = None if happening == "inserted" else _integer(each.get("leaseTimestamp"))
        name = _text(each, "id")
        if name is None and len(tasks) == 1 and happening != "leased":
            name = tasks[0]  # the caller did not ask for it in the answer
        if name is not None:
            yield Event(name, happening, until, _integer(each.get("retry_count")))


def _resources(answer: Object) -> list[Object]:
    """The tasks in an answer."""
    items = answer.get("items")
    if isinstance(items, list):
        return [each for each in items if isinstance(each, dict)]
    return [] if str(answer.get("kind", "")).endswith("#tasks") else [answer]


def _text(members: object, name: str) -> str | None:
    value = members.get(name) if isinstance(members, dict) else None
    return value if isinstance(value, str) else None


def _integer(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None
