"""Answers have the members of the contract in the documented order, spelled as it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery import contract
from discovery.formats import from_json
from emulator.engine.model import QueueSettings, QueueStats, Task
from emulator.rest.errors import Location, WireError
from emulator.rest.render import (
    error_response,
    json_bytes,
    leased_members,
    listed_members,
    queue_members,
    task_members,
)

SCHEMAS = contract.load().schemas
FULL = "projects/s~p/taskqueues/q"
TASK_ORDER = [
    "kind",
    "id",
    "queueName",
    "payloadBase64",
    "enqueueTimestamp",
    "leaseTimestamp",
    "retry_count",
    "tag",
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_a_whole_task_has_every_member_in_the_documented_order():
    members = task_members(a_task(payload=b"x", tag="red"), FULL)

    assert list(members) == TASK_ORDER
    assert set(members) == set(SCHEMAS["Task"].properties)


def test_a_task_leaves_out_what_it_has_not():
    assert "tag" not in task_members(a_task(tag=""), FULL)
    assert "payloadBase64" not in task_members(a_task(payload=None), FULL)
    assert task_members(a_task(payload=b""), FULL)["payloadBase64"] == ""


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1), st.binary(), st.text(min_size=1))
def test_every_member_is_spelled_as_its_type_says(time, count, payload, tag):
    task = a_task(payload=payload, tag=tag, eta=time, enqueued_at=time, retry_count=count)

    members = json.loads(json_bytes(task_members(task, FULL), pretty=True))

    for name, value in members.items():
        described = SCHEMAS["Task"].properties[name]
        json_type = {"string": str, "integer": int}[described.type]
        assert isinstance(value, json_type)
        from_json(described.type, described.format, value)


@pytest.mark.parametrize(
    ("retry_count", "eta_given", "shown"), [(0, False, "0"), (0, True, "7"), (1, False, "7")]
)
def test_lease_timestamp_is_0_until_there_was_a_lease_or_a_time_given(
    retry_count, eta_given, shown
):
    task = a_task(eta=7, retry_count=retry_count, eta_given=eta_given)

    assert task_members(task, FULL)["leaseTimestamp"] == shown


def test_the_kinds_are_those_of_the_contract():
    assert task_members(a_task(), FULL)["kind"] == default_of("Task")
    assert leased_members([], FULL)["kind"] == default_of("Tasks") == "taskqueue#tasks"
    assert listed_members([], FULL)["kind"] == default_of("Tasks2") == "taskqueues#tasks"
    assert queue_members(FULL, QueueSettings(), None)["kind"] == default_of("TaskQueue")


@pytest.mark.parametrize("collection", [leased_members, listed_members])
def test_items_are_there_only_if_there_are_any(collection):
    assert "items" not in collection([], FULL)
    assert len(collection([a_task(), a_task()], FULL)["items"]) == 2


def test_the_oldest_task_of_stats_is_in_seconds_and_strings_are_strings():
    stats = QueueStats(
        total_tasks=3, oldest_eta=1_800_000_000_999_999, leased_last_minute=1, leased_last_hour=2
    )

    assert queue_members(FULL, QueueSettings(), stats)["stats"] == {
        "totalTasks": 3,
        "oldestTask": "1800000000",
        "leasedLastMinute": "1",
        "leasedLastHour": "2",
    }


@given(json_values)
def test_pretty_json_is_indented_by_one_space_a_level(value):
    text = json_bytes({"a": value}, pretty=True).decode()

    assert json.loads(text) == {"a": value}
    assert text == json.dumps({"a": value}, indent=1, ensure_ascii=False) + "\n"


@given(json_values)
def test_compact_json_has_no_white_space(value):
    text = json_bytes({"a": value}, pretty=False).decode()

    assert text == json.dumps({"a": value}, separators=(",", ":"), ensure_ascii=False)


def test_an_error_says_where_only_if_it_is_one_place():
    nowhere = WireError(400, "parseError", "Parse Error")
    somewhere = WireError(400, "required", "no", location=Location("parameter", "numTasks"))

    assert list(item_of(nowhere)) == ["domain", "reason", "message"]
    assert list(item_of(somewhere))[3:] == ["locationType", "location"]


def item_of(error):
    return json.loads(error_response(error).body)["error"]["errors"][0]


def default_of(schema):
    return SCHEMAS[schema].properties["kind"].default


def a_task(**changes):
    values = {
        "name": "a",
        "payload": b"",
        "tag": "",
        "enqueued_at": 0,
        "eta": 0,
        "eta_given": False,
        "retry_count": 0,
    }
    return Task(**(values | changes))
