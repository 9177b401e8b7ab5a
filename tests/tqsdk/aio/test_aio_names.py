"""What can be done with a client can be done with its twin, under the same names."""

from __future__ import annotations

import inspect
import re

import pytest

from tqsdk import Client, Lease, Leases, Queue, TypedLease, TypedLeases, TypedQueue
from tqsdk.aio import (
    AsyncClient,
    AsyncLease,
    AsyncLeases,
    AsyncQueue,
    AsyncTypedLease,
    AsyncTypedLeases,
    AsyncTypedQueue,
)

TWINS = [
    (Client, AsyncClient),
    (Queue, AsyncQueue),
    (Lease, AsyncLease),
    (Leases, AsyncLeases),
    (TypedQueue, AsyncTypedQueue),
    (TypedLease, AsyncTypedLease),
    (TypedLeases, AsyncTypedLeases),
]


@pytest.mark.parametrize(("one", "other"), TWINS, ids=lambda each: each.__name__)
def test_twins_have_the_same_names(one, other):
    assert public(one) == public(other)


@pytest.mark.parametrize(("one", "other"), TWINS, ids=lambda each: each.__name__)
def test_twins_take_and_give_the_same(one, other):
    assert differences(one, other) == []


@pytest.mark.parametrize(("one", "other"), TWINS, ids=lambda each: each.__name__)
def test_a_twin_is_a_block_where_the_other_is(one, other):
    assert hasattr(one, "__enter__") == hasattr(other, "__aenter__")
    assert hasattr(one, "__exit__") == hasattr(other, "__aexit__")
    assert not hasattr(other, "__enter__")


def test_what_sends_must_be_awaited():
    sending = {
        f"{twin.__name__}.{name}"
        for one, twin in TWINS
        for name in public(one)
        if inspect.isfunction(getattr(one, name)) and name not in ONLY_HERE
        if not inspect.iscoroutinefunction(getattr(twin, name))
    }

    # The one gives something to await or to enter, the other is for ``async for``.
    assert sending == {
        f"{queue}.{name}"
        for queue in ("AsyncQueue", "AsyncTypedQueue")
        for name in ("lease", "lease_iter")
    }


# What sends nothing, and so does not wait.
ONLY_HERE = {"batch", "exchange", "form", "json", "keep_alive", "queue", "text", "with_options"}
ONLY_HERE |= {"count", "index", "value"}


def test_a_difference_is_noticed():
    class Other(AsyncQueue):
        async def get(self, name: str, *, patiently: bool) -> None: ...
        async def delete(self, task: str, *, missing_ok: bool = True) -> None: ...

    assert len(differences(Queue, Other)) == 2
    assert public(type("More", (AsyncQueue,), {"purge": 1})) != public(Queue)


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def differences(one: type, other: type) -> list[str]:
    """The names whose parameters or results differ by more than being of the other kind."""
    return [
        name
        for name in sorted(public(one) & public(other) | {"__init__"})
        if callable(getattr(one, name)) and (one is Client or name != "__init__")
        if shape(getattr(one, name)) != shape(getattr(other, name))
    ]


def shape(function: object) -> list[tuple[str, ...]]:
    signature = inspect.signature(function)
    parameters = [
        # The clock of a client is of its own kind, and so is what it is by default.
        (
            each.name,
            str(each.kind),
            kind_of(each.annotation),
            "" if each.name == "clock" else repr(each.default),
        )
        for each in signature.parameters.values()
    ]
    return [*parameters, ("", kind_of(signature.return_annotation))]


def kind_of(annotation: object) -> str:
    text = re.sub(r"\bAsync|Awaitable(?=\[)", "", str(annotation))
    text = re.sub(r"Leasing\[(.*)\]", r"\1", text).replace("[T]", "T")
    text = re.sub(r"(Generator\[[^,]*, None)\]", r"\1, None]", text)
    return re.sub(r"(Iterable\[.*\]) \| \1", r"\1", text)  # what is read may be of either kind
