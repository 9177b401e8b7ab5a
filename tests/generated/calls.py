"""Calls of the contract's methods: right ones, and the mistakes in their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import quote

from hypothesis import strategies as st

from discovery.contract import Contract, Method, Parameter, Property
from tests.generated.values import Text, broken_member, broken_text, good_member, good_text
from tests.wire.fronts import Sent

# What the front end understood on every method beside what the document lists (API.md 2.1).
_STACK = {
    name: Parameter(name, type, None, "query", False, None, (), "")
    for name, type in {
        "pp": "boolean",
        "strict": "boolean",
        "access_token": "string",
        "callback": "string",
        "trace": "string",
        "userip": "string",
        "$.xgafv": "string",
    }.items()
}

# Which members a body needs is not in the document, but in API.md 6.7.
_UPDATE = "taskqueue.tasks.update"
_NEEDED: Mapping[str, Sequence[str]] = {
    "taskqueue.tasks.insert": (),
    "taskqueue.tasks.patch": ("queueName",),
    _UPDATE: ("id", "leaseTimestamp"),
}
_UNKNOWN_MEMBERS = [{}, {}, {"groupByTag": True}, {"x": [{"y": None}], "": 1}]


@dataclass(frozen=True, slots=True)
class Draft:
    """A call before it is written down; *members* is its JSON body."""

    contract: Contract
    method: Method
    path: Mapping[str, Text]
    query: Mapping[str, Text]
    members: Mapping[str, object] | None

    @property
    def listed(self) -> Mapping[str, Parameter]:
        """Every parameter that the query may have."""
        own = _by_location(self.method, "query")
        return {**_STACK, **self.contract.parameters, **own}


ValueFault: TypeAlias = Callable[[st.DrawFn, Draft], Draft]


def right_call(draw: st.DrawFn, contract: Contract, method: Method) -> Draft:
    """A call with nothing wrong in it; whether it fits the server's state is another matter."""
    path = _texts(draw, contract, method, _by_location(method, "path"))
    own = _by_location(method, "query")
    chosen = {name: own[name] for name in own if own[name].required or draw(st.booleans())}
    draft = Draft(contract, method, path, {}, None)
    extra = draw(st.lists(st.sampled_from(sorted(draft.listed)), max_size=2))
    chosen |= {name: draft.listed[name] for name in extra if name not in own}
    query = _texts(draw, contract, method, chosen)
    return replace(draft, query=query, members=_members(draw, draft))


def written(draft: Draft) -> Sent:
    """The call as a request."""
    path = draft.contract.base_path + draft.method.path
    for name, text in draft.path.items():
        path = path.replace(f"{{{name}}}", quote(text, safe="~"))
    query = "&".join(f"{quote(name)}={quote(text, safe='')}" for name, text in draft.query.items())
    target = f"{path}?{query}" if query else path
    if draft.members is None:
        return Sent(draft.method.verb, target)
    body = json.dumps(draft.members).encode()
    return Sent(draft.method.verb, target, {"content-type": "application/json"}, body)


def _broken_path(draw: st.DrawFn, draft: Draft) -> Draft:
    name = draw(st.sampled_from(sorted(draft.path)))
    return replace(
        draft, path={**draft.path, name: draw(broken_text(draft.method.parameters[name]))}
    )


def _broken_argument(draw: st.DrawFn, draft: Draft) -> Draft:
    name = draw(st.sampled_from(sorted(draft.query) or sorted(draft.listed)))
    return _with_argument(draft, name, draw(broken_text(draft.listed[name])))


def _broken_extra(draw: st.DrawFn, draft: Draft) -> Draft:
    name = draw(st.sampled_from(["fields", "alt", *sorted(draft.listed)]))
    return _with_argument(draft, name, draw(broken_text(draft.listed[name])))


def _missing_argument(draw: st.DrawFn, draft: Draft) -> Draft:
    if not draft.query:
        return draft
    name = draw(st.sampled_from(sorted(draft.query)))
    return replace(draft, query={key: text for key, text in draft.query.items() if key != name})


def _unknown_argument(draw: st.DrawFn, draft: Draft) -> Draft:
    name = draw(st.sampled_from(["numtasks", "x", "$", "", "pageToken"]))
    return _with_argument(_with_argument(draft, name, "1"), "strict", "true")


def _broken_member(draw: st.DrawFn, draft: Draft) -> Draft:
    if draft.method.request is None:
        return draft
    properties = draft.contract.schemas[draft.method.request].properties
    name = draw(st.sampled_from(sorted(properties)))
    return replace(
        draft, members={**(draft.members or {}), name: draw(broken_member(properties[name]))}
    )


def _missing_member(draw: st.DrawFn, draft: Draft) -> Draft:
    if not draft.members:
        return draft
    name = draw(st.sampled_from(sorted(draft.members)))
    return replace(draft, members={k: v for k, v in draft.members.items() if k != name})


VALUE_FAULTS: tuple[ValueFault, ...] = (
    _broken_path,
    _broken_argument,
    _broken_extra,
    _missing_argument,
    _unknown_argument,
    _broken_member,
    _missing_member,
)


def _with_argument(draft: Draft, name: str, text: Text) -> Draft:
    return replace(draft, query={**draft.query, name: text})


def _by_location(method: Method, location: str) -> dict[str, Parameter]:
    return {name: each for name, each in method.parameters.items() if each.location == location}


def _texts(
    draw: st.DrawFn, contract: Contract, method: Method, parameters: Mapping[str, Parameter]
) -> dict[str, Text]:
    return {
        name: draw(good_text(contract, each, method.response)) for name, each in parameters.items()
    }


def _members(draw: st.DrawFn, draft: Draft) -> dict[str, object] | None:
    method = draft.method
    if method.request is None:
        return None
    if method.id == _UPDATE and draw(st.booleans()):  # a published client sends no body
        return None
    properties = draft.contract.schemas[method.request].properties
    given = {each for each in properties if each in _NEEDED[method.id] or draw(st.booleans())}
    nulls = dict.fromkeys(set(draw(st.lists(st.sampled_from(sorted(properties)), max_size=1))))
    members = {name: draw(_member(draft, properties[name])) for name in sorted(given)}
    return {**nulls, **members, **draw(st.sampled_from(_UNKNOWN_MEMBERS))}


def _member(draft: Draft, property: Property) -> st.SearchStrategy[object]:
    """Mostly what the path says, where it says it too."""
    said = {"id": draft.path.get("task"), "queueName": draft.path["taskqueue"]}.get(property.name)
    if said is None:
        return good_member(property)
    return st.just(said) | st.just(said) | good_member(property)
