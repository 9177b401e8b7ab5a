"""Values in queues: what the codecs make of them, and what becomes of a payload that is none."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tqsdk.batches import answering, parts
from tqsdk import (
    ArgumentError,
    BulkInterruptedError,
    ConfigError,
    NewValue,
    PayloadDecodeError,
)
from tqsdk.codecs import (
    DataclassCodec,
    FormCodec,
    JsonCodec,
    MsgspecCodec,
    PydanticCodec,
    TextCodec,
)
from tqsdk.testing import answer, refusal

text = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
)  # fmt: skip
forms = st.dictionaries(text, text | st.lists(text, min_size=2).map(list[str]), min_size=0)


@dataclass
class Item:
    name: str
    price: float = 0.0
    parts: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Order:
    number: int
    items: list[Item]
    paid: bool = False
    notes: dict[str, str] | None = None
    extra: Any = None
    total: int = field(init=False, default=0)


class StructOrder(msgspec.Struct):
    number: int
    items: list[str] = []


class ModelOrder(pydantic.BaseModel):
    number: int
    items: list[str] = []


items = st.recursive(
    st.builds(Item, text, st.floats(allow_nan=False, allow_infinity=False), st.just([])),
    lambda inner: st.builds(Item, text, st.integers(), st.lists(inner, max_size=3)),
    max_leaves=5,
)
orders = st.builds(
    Order,
    number=st.integers(),
    items=st.lists(items, max_size=3),
    paid=st.booleans(),
    notes=st.none() | st.dictionaries(text, text),
    extra=json_values,
)


@given(text)
def test_text_comes_back(value):
    assert TextCodec().decode(TextCodec().encode(value)) == value
    assert TextCodec("utf-16").decode(TextCodec("utf-16").encode(value)) == value


@given(json_values)
def test_what_json_can_say_comes_back(value):
    assert JsonCodec().decode(JsonCodec().encode(value)) == value


def test_json_is_short_and_in_utf_8():
    assert JsonCodec().encode({"a": [1, "é"]}) == '{"a":[1,"é"]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_not_stored(value):
    with pytest.raises(ValueError, match="JSON compliant"):
        JsonCodec().encode(value)


@given(forms)
def test_a_form_comes_back(values):
    assert FormCodec().decode(FormCodec().encode(values)) == values


@given(forms)
def test_a_form_is_what_others_read_as_one(values):
    lists = {name: each if isinstance(each, list) else [each] for name, each in values.items()}

    payload = FormCodec().encode(values).decode()

    assert parse_qs(payload, keep_blank_values=True) == lists


def test_a_form_has_lists_only_where_a_name_is_repeated():
    payload = b"to=ada%40example.com&cc=a&cc=b+c&bcc="

    assert FormCodec().decode(payload) == {
        "to": "ada@example.com",
        "cc": ["a", "b c"],
        "bcc": "",
    }
    assert FormCodec().decode(b"") == {}


@given(orders)
def test_a_dataclass_comes_back(order):
    codec = DataclassCodec(Order)

    assert codec.decode(codec.encode(order)) == order


def test_a_dataclass_of_a_newer_or_older_program_is_read():
    payload = b'{"number": 1, "items": [{"name": "x", "colour": "red"}], "new": 5}'

    assert DataclassCodec(Order).decode(payload) == Order(1, [Item("x")])


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ("[]", "Order is not an object"),
        ('{"items": []}', "Order.number is missing"),
        ('{"number": "1", "items": []}', "Order.number is not a whole number"),
        ('{"number": true, "items": []}', "Order.number is not a whole number"),
        ('{"number": 1.5, "items": []}', "Order.number is not a whole number"),
        ('{"number": 1, "items": {}}', "Order.items is not a list"),
        ('{"number": 1, "items": [1]}', "Item is not an object"),
        ('{"number": 1, "items": [{"name": null}]}', "Item.name is not text"),
        ('{"number": 1, "items": [], "paid": 1}', "Order.paid is not true or false"),
        ('{"number": 1, "items": [], "notes": []}', "Order.notes is not an object"),
        ('{"number": 1, "items": [], "notes": {"a": 1}}', "Order.notes is not text"),
    ],
)
def test_a_dataclass_is_checked_field_by_field(payload, problem):
    with pytest.raises(ValueError, match=problem):
        DataclassCodec(Order).decode(payload.encode())


def test_a_dataclass_that_cannot_be_read_is_refused_at_once():
    @dataclass
    class Strange:
        when: complex

    @dataclass
    class Lost:
        what: "Nowhere"  # type: ignore[name-defined]  # noqa: F821, UP037

    with pytest.raises(ConfigError, match=r"Strange\.when.*use MsgspecCodec"):
        DataclassCodec(Strange)
    with pytest.raises(ConfigError, match="Nowhere"):
        DataclassCodec(Lost)
    with pytest.raises(ConfigError, match="not a dataclass"):
        DataclassCodec(dict)


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (MsgspecCodec(StructOrder), StructOrder(1, ["x"])),
        (MsgspecCodec(Item), Item("x", 1.5, [Item("y")])),
        (PydanticCodec(ModelOrder), ModelOrder(number=1, items=["x"])),
        (PydanticCodec(list[ModelOrder]), [ModelOrder(number=1)]),
        (PydanticCodec(Item), Item("x", 1.5, [Item("y")])),
    ],
)
def test_models_of_other_libraries_come_back_and_are_json_objects(codec, value):
    payload = codec.encode(value)

    assert codec.decode(payload) == value
    assert json.loads(payload)


@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        (TextCodec(), b"\xff"),
        (JsonCodec(), b"{"),
        (JsonCodec(), b"\xff"),
        (JsonCodec(), b"[" * 100_000),
        (FormCodec(), b"a"),
        (FormCodec(), b"a=%FF"),
        (FormCodec(), b"\xff=1"),
        (DataclassCodec(Order), b"{}"),
        (MsgspecCodec(StructOrder), b"{}"),
        (PydanticCodec(ModelOrder), b'{"number": "x"}'),
    ],
    ids=lambda each: each[:6] if isinstance(each, bytes) else type(each).__name__,
)
def test_a_payload_that_is_no_value_is_an_error_that_says_where_and_loses_nothing(
    scripted, a_task, codec, payload
):
    client, transport = scripted(
        answer({"items": [a_task(payload, leaseTimestamp="1"), a_task(id="t2")]}),
        answering(answer(a_task()), answer(a_task())),
    )
    queue = client.queue("q", codec=codec)

    with queue.lease(max_tasks=2) as leases:
        bad, _ = leases
        with pytest.raises(PayloadDecodeError) as refusal:
            _ = bad.value
        assert not bad.settled
        assert bad.payload == payload

    error = refusal.value
    assert (error.queue, error.task) == ("q", "t1")
    assert str(error).startswith(
        f"queue 'q', task 't1': {type(codec).__name__} cannot read the payload: "
    )
    assert str(error).endswith("; release the task for a worker that can read it, or delete it")
    # Both are released, as from any block that did not delete them.
    assert [lease.settled for lease in leases] == [True, True]
    assert [b"newLeaseSeconds=0" in each for each in parts(transport.requests[1])] == [True, True]


def test_a_queue_of_values_stores_encodes_and_shows_them(scripted, a_task):
    stored = a_task(b'{"a":1}', leaseTimestamp="1", retry_count=1)
    client, transport = scripted(answer(stored), answer({"items": [stored]}), answer(stored))
    queue = client.queue("q", codec=JsonCodec())

    task = queue.insert({"a": 1}, tag="red")
    leases = queue.lease(max_tasks=1)

    assert json.loads(transport.requests[0].body)["payloadBase64"] == "eyJhIjoxfQ=="
    assert queue.value(task) == {"a": 1}
    assert [lease.value for lease in leases] == [{"a": 1}]
    assert leases[0].value == leases[:1][0].value == {"a": 1}
    leases[0].delete()
    assert leases[0].settled
    assert repr(queue) == "TypedQueue(Queue('p', 'q'), JsonCodec)"
    assert queue.name == "q"


def test_the_rest_of_a_queue_of_values_is_as_of_any(scripted, a_task):
    info = {"id": "projects/s~p/taskqueues/q", "stats": {"totalTasks": 3}}
    client, transport = scripted(
        answer(a_task(b"1")), answer({"items": [a_task()]}), answer(info), answer(info), answer()
    )
    queue = client.queue("q", codec=JsonCodec())

    assert queue.value(queue.get("t1")) == 1
    assert [task.name for task in queue.list()] == ["t1"]
    assert queue.stats().total_tasks == 3
    assert queue.info().name == "q"
    queue.delete("t1", headers={"X-A": "1"})
    assert transport.requests[-1].header("X-A") == "1"


def test_many_values_are_stored_in_one_request(scripted, a_task):
    bad = refusal(400, "bad")
    client, transport = scripted(answering(answer(a_task()), answer(a_task()), bad))
    failed = []

    report = client.queue("q", codec=TextCodec("utf-16-be")).insert_many(
        iter(["a", NewValue("b", name="n", tag="red"), "c"]),
        on_failure=lambda task, error: failed.append(task.payload),
    )

    assert (report.stored, report.failed, failed) == (2, 1, [b"\x00c"])
    bodies = [json.loads(each.partition(b"\r\n\r\n")[2]) for each in parts(transport.requests[0])]
    assert [each["payloadBase64"] for each in bodies] == ["AGE=", "AGI=", "AGM="]
    assert (bodies[1]["id"], bodies[1]["tag"]) == ("n", "red")


def test_a_value_among_many_that_the_codec_refuses_ends_it(scripted, a_task):
    client, _ = scripted(answer(a_task()))

    with pytest.raises(BulkInterruptedError, match="JSON compliant") as caught:
        client.queue("q", codec=JsonCodec()).insert_many([1, float("nan"), 2])

    assert caught.value.report.stored == 1


def test_one_text_is_not_taken_for_many(scripted):
    client, _ = scripted()

    with pytest.raises(ArgumentError, match="values must be several"):
        client.queue("q", codec=TextCodec()).insert_many("text")


def test_values_are_leased_one_by_one_and_the_rest_is_released_on_closing(scripted, a_task):
    leased = [a_task(b"1", leaseTimestamp="1"), a_task(b"2", id="t2")]
    client, transport = scripted(answer({"items": leased}), answer(a_task()))

    leases = client.queue("q", codec=JsonCodec()).lease_iter(max_tasks=2)
    assert next(leases).value == 1
    leases.close()

    assert "/t2?newLeaseSeconds=0" in transport.requests[1].url


@pytest.mark.parametrize("library", ["msgspec", "pydantic"])
def test_a_codec_without_its_library_says_what_to_install(library):
    script = (
        f"import sys; sys.modules['{library}'] = sys.modules['{library}.json'] = None\n"
        f"from tqsdk import codecs; codecs.{library.title()}Codec(dict)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert f"pip install {library}" in done.stderr
