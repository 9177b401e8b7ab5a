"""Values for parameters and members, right ones and broken ones, by the type the contract gives.

A value of a query or a path is text, or bytes where it is not UTF-8; a value of a body is JSON.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TypeAlias

from hypothesis import strategies as st

from discovery.contract import Contract, Parameter, Property
from emulator.engine.clock import MICROSECONDS, VirtualClock

Text: TypeAlias = str | bytes
Texts: TypeAlias = st.SearchStrategy[Text]
Json: TypeAlias = st.SearchStrategy[object]

NOW = VirtualClock().now()
LEASED_UNTIL = NOW + 60 * MICROSECONDS
"""When the lease ends that a conversation starts with, and most leases made while time stands."""

TASKS = ("a", "b", "c", "lease", "A_-9", "z" * 500)
_DAY = 86_400 * MICROSECONDS
_ONE_BYTE_TOO_MANY = base64.urlsafe_b64encode(bytes(2**20 + 1)).decode()

_WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_SECONDS = st.sampled_from([60, 60, 60, 0, 1, 604_800])

# What a type does not say: which projects, queues and tasks there are, and which numbers mean much.
_KNOWN_TEXTS: Mapping[str, Texts] = {
    "project": st.sampled_from(["s~p1", "s~p1", "s~p1", "p1", "b~p1", "example.com:p-2"]),
    "taskqueue": st.sampled_from(["q1", "q1", "q1", "q1", "limited", "new-1"]),
    "task": st.sampled_from(["a", "a", "a", *TASKS]),
    "numTasks": st.sampled_from(["1", "1", "2", "1000"]),
    "leaseSecs": _SECONDS.map(str),
    "newLeaseSeconds": _SECONDS.map(str),
    "tag": st.sampled_from(["red", "red", "", "größer"]),
    "$.xgafv": st.sampled_from(["1", "2"]),
    "callback": st.sampled_from(["f", "$jsonp.cb_1"]),
    "quotaUser": st.sampled_from(["u" * 40, "alice"]),
}
_KNOWN_MEMBERS: Mapping[str, Json] = {
    "kind": st.just("taskqueues#task"),
    "id": st.sampled_from(["a", "a", "a", *TASKS])
    | st.from_regex(r"[a-zA-Z0-9_-]{1,8}", fullmatch=True),
    "queueName": st.sampled_from(["q1", "q1", "q1", "projects/s~p1/taskqueues/q1"]),
    "payloadBase64": st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
    "leaseTimestamp": st.sampled_from(
        [str(LEASED_UNTIL), str(LEASED_UNTIL), LEASED_UNTIL, 0, "0", NOW - _DAY, str(NOW + _DAY)]
    ),
    "retry_count": st.sampled_from([1, 1, 0, "1"]),
    "tag": st.sampled_from(["red", "red", "", "größer"]),
}

_NO_INTEGERS = ["", " 1", "1.0", "1e3", "٣", "--1", "+1", "0x1", "1_000", "NaN", "9" * 5_000]
_OUTSIDE_INT32 = [str(2**31), str(-(2**31) - 1)]
_BROKEN_TEXTS: Mapping[str, list[Text]] = {
    "integer": [*_NO_INTEGERS, *_OUTSIDE_INT32, "-1", "1001", "604801", "\0", b"\xff"],
    "boolean": ["", "yes", "2", "tru", " true", "\0", b"\xed\xa0\x80"],
    "string": ["\0", b"\xff", b"\xed\xa0\x80", "x" * 2_001, "a/b", "a b\n", "", "é" * 260],
}
# Some are what strings may be, but no name, time or payload may.
_BROKEN_MEMBERS: Mapping[tuple[str, str | None], list[object]] = {
    ("string", None): [
        *(1, True, 1.5, [], {}, ["a"], {"a": 1}),
        *("", "\0", "\ud800", "\udfff\ud800", "x" * 501, "a/b", "a b", "a\n", "é" * 260),
        *("+/==", "a", "====", "YQ\n==", "YQ=a", "é", _ONE_BYTE_TOO_MANY, "q2", "projects/p1"),
    ],
    ("string", "int64"): [
        *(True, 1.5, 1e300, [], {}, "\0", "\ud800", *_NO_INTEGERS),
        *(-1, "-1", 2**63, str(2**63), -(2**63), 2**63 - 1, 10**400, NOW + 31 * _DAY),
    ],
    ("integer", "int32"): [True, 1.5, [], {}, -1, 2**31, 10**400, *_NO_INTEGERS, *_OUTSIDE_INT32],
}

BROKEN_SELECTIONS = st.sampled_from(
    [
        *(",", "(", ")", "/", "()", "kind,", ",kind", "kind)", "(kind)", "kind/", "/kind"),
        *("nope", "*/nope", "items(", "items(id", "items()", "items/id/x", "kind/x", "items//id"),
        *("kind id", "kind;id", "Kind", "\0", "*" * 3_000, "(" * 1_999, "kind," * 399 + "x"),
        *("items/" * 333, "*/" * 999 + "*", "items(id,items(id))", "%"),
        "a(" * 999,
    ]
)


def good_text(contract: Contract, parameter: Parameter, response: str | None) -> Texts:
    """A value that *parameter* of a method with this response may have."""
    if parameter.enum:
        return st.sampled_from(parameter.enum)
    if parameter.name == "fields":
        return selections(contract, response) if response else _WORDS
    if parameter.name in _KNOWN_TEXTS:
        return _KNOWN_TEXTS[parameter.name]
    return {
        "boolean": st.sampled_from(["true", "false", "True", "FALSE", "1", "0"]),
        "integer": st.integers(-(2**31), 2**31 - 1).map(str),
        "string": _WORDS,
    }[parameter.type]


def broken_text(parameter: Parameter) -> Texts:
    """A value that *parameter* cannot have, or that few parameters can."""
    if parameter.name == "fields":
        return BROKEN_SELECTIONS | _WORDS
    return st.sampled_from(_BROKEN_TEXTS[parameter.type]) | st.binary(max_size=6)


def good_member(property: Property) -> Json:
    """A value that *property* may have."""
    if property.name in _KNOWN_MEMBERS:
        return _KNOWN_MEMBERS[property.name]
    return {
        ("string", None): _WORDS,
        ("string", "int64"): st.integers(-(2**63), 2**63 - 1).map(str),
        ("integer", "int32"): st.integers(-(2**31), 2**31 - 1),
    }[property.type, property.format]


def broken_member(property: Property) -> Json:
    """A value that *property* cannot have, or that few properties can."""
    return st.sampled_from(_BROKEN_MEMBERS[property.type, property.format])


@st.composite
def selections(draw: st.DrawFn, contract: Contract, schema: str) -> str:
    """A selection of members of *schema*, as ``fields`` takes it."""
    return draw(_lists(contract, contract.schemas[schema].properties))


def _lists(contract: Contract, properties: Mapping[str, Property]) -> st.SearchStrategy[str]:
    items = st.one_of(st.just("*"), *(_items(contract, each) for each in properties.values()))
    return st.lists(items, min_size=1, max_size=3).map(",".join)


def _items(contract: Contract, property: Property) -> st.SearchStrategy[str]:
    inner = _inner(contract, property)
    if not inner:
        return st.just(property.name)
    below = _lists(contract, inner)
    return st.one_of(
        st.just(property.name),
        below.map(lambda each: f"{property.name}({each})"),
        st.sampled_from(sorted(inner)).map(lambda each: f"{property.name}/{each}"),
    )


def _inner(contract: Contract, property: Property) -> Mapping[str, Property]:
    """The members of an object, or of the objects in an array."""
    described = property.items or property
    return contract.schemas[described.ref].properties if described.ref else described.properties
