from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery import contract
from tqsdk import QueueInfo, Task, TaskSummary
from tqsdk.models import task_items

CONTRACT = contract.load("v1beta2")

A_QUEUE = {
    "kind": "taskqueues#taskqueue",
    "id": "projects/s~p/taskqueues/q",
    "maxLeases": 5,
    "stats": {
        "totalTasks": 7,
        "oldestTask": "1498510174",
        "leasedLastMinute": "1",
        "leasedLastHour": "2",
    },
    "acl": {
        "adminEmails": ["a@x"],
        "consumerEmails": ["c@x"],
        "producerEmails": ["p@x", "q@x"],
    },
}


class Noting(dict[str, Any]):
    """A JSON object that notes which members were asked for."""

    def __init__(self, data: dict[str, Any], asked: set[str], prefix: str = "") -> None:
        super().__init__(
            {
                name: Noting(value, asked, f"{name}.") if isinstance(value, dict) else value
                for name, value in data.items()
            }
        )
        self.asked, self.prefix = asked, prefix

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(self.prefix + name)
        return super().get(name, default)


tasks = st.builds(
    Task,
    name=st.from_regex("[a-zA-Z0-9_-]{1,500}", fullmatch=True),
    queue=st.from_regex("[a-zA-Z0-9-]{1,100}", fullmatch=True),
    project=st.from_regex("([a-z]~)?[a-z0-9.:-]{1,100}", fullmatch=True),
    tag=st.none() | st.text(min_size=1),
    enqueued_at=st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)),
    lease_token=st.integers(0, 2**63 - 1),
    retry_count=st.integers(0, 2**31 - 1),
    payload=st.binary(),
)


def members(schema: str) -> set[str]:
    return {
        f"{name}.{inner}" if inner else name
        for name, member in CONTRACT.schemas[schema].properties.items()
        for inner in ("", *member.properties)
    }


def test_every_member_of_every_schema_is_read_by_a_model(a_task):
    asked: dict[str, set[str]] = {name: set() for name in CONTRACT.schemas}

    Task.from_api(Noting(a_task(), asked["Task"]), project="p", queue="q")
    QueueInfo.from_api(Noting(A_QUEUE, asked["TaskQueue"]), project="p", queue="q")
    for name in ("Tasks", "Tasks2"):
        task_items(name, Noting({"items": []}, asked[name]))

    assert asked == {name: members(name) for name in CONTRACT.schemas}


def test_every_member_of_every_schema_can_be_written(a_task):
    task = Task.from_api(a_task(tag="red"), project="p", queue="q")
    queue = QueueInfo.from_api(A_QUEUE, project="p", queue="q")

    assert set(task.to_api()) == members("Task")
    assert queue.to_api() == A_QUEUE


def test_a_task_is_read_into_the_types_of_python(a_task):
    data = a_task(tag="red", leaseTimestamp="1498952638063392", retry_count=3)

    task = Task.from_api(data, project="p", queue="q")

    assert (task.name, task.queue, task.project, task.tag) == ("t1", "q", "s~p", "red")
    assert task.enqueued_at == datetime(2017, 6, 26, 20, 49, 34, tzinfo=UTC)
    assert task.lease_expires_at == datetime(2017, 7, 1, 23, 43, 58, 63392, tzinfo=UTC)
    assert task.lease_token == 1498952638063392
    assert task.retry_count == 3
    assert task.payload == b"hello"


def test_a_task_never_leased_has_no_lease_end(a_task):
    fresh = Task.from_api(a_task(), project="p", queue="q")
    later = Task.from_api(a_task(leaseTimestamp="1498952638063392"), project="p", queue="q")

    assert (fresh.eta, fresh.lease_expires_at) == (None, None)
    assert later.eta is not None
    assert later.lease_expires_at is None


def test_a_task_goes_back_to_the_wire_as_it_came_with_what_we_do_not_know(a_task):
    data = a_task(tag="red", leaseTimestamp="1498952638063392", retry_count=3, colour="new")

    task = Task.from_api(data, project="p", queue="q")

    assert task.to_api() == data
    assert task.raw["colour"] == "new"


@given(tasks)
def test_a_task_comes_back_from_the_wire_as_it_went(task):
    sent = json.loads(json.dumps(task.to_api()))

    assert Task.from_api(sent, project="other", queue="other") == task


def test_what_was_changed_here_is_what_goes_to_the_wire(a_task):
    task = Task.from_api(a_task(tag="red", colour="new"), project="p", queue="q")

    changed = dataclasses.replace(task, tag=None, payload=b"", retry_count=5).to_api()

    assert "tag" not in changed
    assert (changed["payloadBase64"], changed["retry_count"], changed["colour"]) == ("", 5, "new")


def test_integers_may_come_in_either_form_and_null_is_absent(a_task):
    data = a_task(enqueueTimestamp=1498510174000000, retry_count="2", tag=None, queueName="q")

    task = Task.from_api(data, project="p", queue="q")

    assert (task.retry_count, task.tag, task.project) == (2, None, "p")


@pytest.mark.parametrize(
    "members",
    [
        {"id": None},
        {"id": 5},
        {"enqueueTimestamp": "soon"},
        {"enqueueTimestamp": str(2**63 - 1)},
        {"payloadBase64": "#"},
        {"kind": "taskqueues#tasks"},
        {"tag": ["x"]},
    ],
)
def test_what_is_no_task_is_a_value_error(a_task, members):
    with pytest.raises(ValueError, match=r"."):
        Task.from_api(a_task(**members), project="p", queue="q")


@pytest.mark.parametrize("items", ["x", {"a": 1}, [5], [None]])
def test_what_is_no_list_of_tasks_is_a_value_error(items):
    with pytest.raises(ValueError, match="items"):
        task_items("Tasks", {"items": items})


def test_servers_may_disagree_about_the_kind_of_a_list():
    assert task_items("Tasks", {"kind": "taskqueues#tasks"}) == []
    assert task_items("Tasks2", {"kind": "taskqueue#tasks"}) == []


def test_a_queue_is_read_with_the_oldest_task_in_seconds():
    queue = QueueInfo.from_api(A_QUEUE, project="p", queue="q")

    assert (queue.name, queue.project, queue.max_leases) == ("q", "s~p", 5)
    assert queue.stats is not None
    assert queue.stats.oldest_task == datetime(2017, 6, 26, 20, 49, 34, tzinfo=UTC)
    assert (queue.stats.total_tasks, queue.stats.leased_last_minute) == (7, 1)
    assert queue.acl is not None
    assert queue.acl.producer_emails == ("p@x", "q@x")


def test_an_empty_queue_has_no_oldest_task():
    queue = QueueInfo.from_api({"stats": {"oldestTask": "0"}}, project="p", queue="q")

    assert queue.stats is not None
    assert (queue.name, queue.stats.total_tasks, queue.stats.oldest_task) == ("q", 0, None)


def test_a_payload_is_read_as_text_and_as_json(a_task):
    task = Task.from_api(a_task(b'{"a": "\xc3\xa9"}'), project="p", queue="q")

    assert task.text() == '{"a": "é"}'
    assert task.json() == {"a": "é"}


def test_a_repr_shows_the_beginning_of_the_payload_and_no_token(a_task):
    data = a_task(b"x" * 100_000, leaseTimestamp="1498952638063392")
    task = Task.from_api(data, project="p", queue="q")

    assert "100,000 bytes" in repr(task)
    assert len(repr(task)) < 200
    assert "1498952638063392" not in repr(task)


def test_models_can_be_pickled_copied_and_hashed(a_task):
    task = Task.from_api(a_task(), project="p", queue="q")
    summary = TaskSummary.from_api(a_task(), project="p", queue="q")
    queue = QueueInfo.from_api(A_QUEUE, project="p", queue="q")

    for model in (task, summary, queue):
        assert pickle.loads(pickle.dumps(model)) == copy.deepcopy(model) == model
        assert hash(model) == hash(copy.deepcopy(model))
