"""What was sent and that nobody reads: misspelled names, and names in the wrong place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discovery.contract import Contract, Method
from emulator.control.journal.entry import Unread
from emulator.control.journal.likeness import closest
from emulator.rest.parse import Pairs, Parser
from emulator.rest.routes import Route

# What each method looks for in its body. "kind" says what a body is and is never looked at, so
# nobody sends it in vain.
MEMBERS: Mapping[str, frozenset[str]] = {
    "taskqueue.tasks.insert": frozenset(
        {"kind", "queueName", "payloadBase64", "id", "tag", "leaseTimestamp"}
    ),
    "taskqueue.tasks.update": frozenset(
        {"kind", "queueName", "id", "leaseTimestamp", "retry_count"}
    ),
    "taskqueue.tasks.patch": frozenset(
        {"kind", "queueName", "id", "leaseTimestamp", "retry_count"}
    ),
}

_MOST = 20
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class _Read:
    """What a method reads, by place; *offered* are the parameters that its callers would mean."""

    query: frozenset[str]
    offered: frozenset[str]
    body: frozenset[str]
    path: frozenset[str]


class UnreadFields:
    """Knows what each method reads."""

    def __init__(self, contracts: Sequence[Contract], *, jsonp: bool) -> None:
        self._read = {
            (each.version, method.id): _read(each, method, jsonp=jsonp)
            for each in contracts
            for method in each.methods.values()
        }

    def of(self, route: Route, pairs: Pairs, body: Mapping[str, Any]) -> tuple[Unread, ...]:
        """What of a request nobody reads, at most twenty of it."""
        read = self._read[route.contract.version, route.method.id]
        # A null member is as good as none.
        members = [name for name, value in body.items() if value is not None]
        found = [
            *_unread("query", (name for name, _ in pairs), read.query),
            *_unread("body", members, read.body),
        ][:_MOST]
        return tuple(Unread(place, name, _meant(place, name, read)) for place, name in found)


def _unread(place: str, names: Iterable[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(names):
        if name not in known:
            yield place, name[:_LONGEST_NAME]


def _meant(place: str, name: str, read: _Read) -> str | None:
    """The name that may have been meant, and where it belongs if that is elsewhere."""
    here = read.offered if place == "query" else read.body
    elsewhere = {"query": read.offered, "body": read.body, "path": read.path}
    del elsewhere[place]
    for other, names in elsewhere.items():
        if name in names:
            return f"{name}, in the {other}"
    if found := closest(name, here):
        return found
    for other, names in elsewhere.items():
        if found := closest(name, names):
            return f"{found}, in the {other}"
    return None


def _read(contract: Contract, method: Method, *, jsonp: bool) -> _Read:
    parameters = method.parameters.values()
    members = contract.schemas[method.request].properties if method.request else {}
    query = frozenset(each.name for each in parameters if each.location == "query")
    return _Read(
        query=frozenset(Parser(contract, method, jsonp=jsonp).names),
        offered=query | contract.parameters.keys(),
        body=MEMBERS.get(method.id, frozenset()) & members.keys(),
        path=frozenset(each.name for each in parameters if each.location == "path"),
    )
