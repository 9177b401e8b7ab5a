"""Refusals, explained as a colleague would."""

from __future__ import annotations

import json

import pytest

from discovery import contract
from emulator.auth.digests import digest
from emulator.control.journal.nearness import Methods
from tests.emulator.control.journaled import TASKS, journaled

QUEUES = """
queue:
- name: mail
  mode: pull
  acl:
  - user_email: worker@example.com
- name: reports
  mode: pull
"""

BASE = "/taskqueue/v1beta2/projects"


@pytest.fixture
def server():
    with journaled() as opened:
        yield opened


@pytest.fixture(scope="module")
def methods():
    return Methods([contract.load(version) for version in contract.VERSIONS])


@pytest.mark.parametrize(
    ("verb", "path", "method", "differences"),
    [
        (
            "GET",
            f"{BASE}/p/taskqueue/q",
            "taskqueues.get",
            ["'taskqueue' stands where 'taskqueues' belongs."],
        ),
        (
            "GET",
            f"{BASE}/p/queues/q/tasks",
            "tasks.list",
            ["'queues' stands where 'taskqueues' belongs."],
        ),
        (
            "POST",
            f"{BASE}/p/taskqueues/q/task/lease",
            "tasks.lease",
            ["'task' stands where 'tasks' belongs."],
        ),
        (
            "POST",
            f"{BASE}/taskqueues/q/tasks",
            "tasks.insert",
            [f"{{project}} is missing after {BASE}."],
        ),
        (
            "GET",
            f"{BASE}/p/taskqueues",
            "taskqueues.get",
            [f"{{taskqueue}} is missing after {BASE}/{{project}}/taskqueues."],
        ),
        ("GET", f"{BASE}/p/taskqueues/q/tasks//a", "tasks.get", ["There is a slash too many."]),
        ("GET", f"{BASE}/p/taskqueues/q/tasks/a/b", "tasks.get", ["'b' is one segment too many."]),
        (
            "PUT",
            f"{BASE}/p/taskqueues/q/tasks/a",
            "tasks.update",
            ["PUT was sent; this method takes POST."],
        ),
        (
            "DELETE",
            f"{BASE}/p/taskqueues/q",
            "taskqueues.get",
            ["DELETE was sent; this method takes GET."],
        ),
        (
            "GET",
            "/v1beta2/projects/p/taskqueues/q",
            "taskqueues.get",
            ["taskqueue is missing after /."],
        ),
        (
            "GET",
            "/taskqueue/v1/projects/p/taskqueues/q",
            "taskqueues.get",
            ["'v1' stands where 'v1beta2' belongs."],
        ),
    ],
)
def test_a_path_that_is_none_is_close_to_a_method(methods, verb, path, method, differences):
    near = methods.nearest(verb, path)

    assert near.method.id == f"taskqueue.{method}"
    assert list(near.differences) == differences


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "", "/a/b/c/d/e/f/g"])
def test_some_paths_are_close_to_nothing(methods, path):
    assert methods.nearest("GET", path) is None


def test_a_path_of_any_length_is_compared(methods):
    assert methods.nearest("GET", "/projects" * 10_000) is None


def test_a_batch_that_was_not_posted_is_told_how(server):
    server.send("GET", "/batch")

    assert server.miss() == {"summary": "A batch is sent by POST, and GET was sent."}


def test_of_an_unknown_task_the_queue_that_has_it_is_named(server):
    server.send("POST", TASKS.replace("/q/", "/r/"), {"id": "a", "payloadBase64": ""})
    server.send("GET", "a")

    assert server.miss()["differences"] == [
        "There is no task 'a' in queue 'q'.",
        "Queue 'r' of project 'p' has had a task of this name (entry 1).",
    ]


def test_of_an_unknown_task_the_closest_name_is_named(server):
    server.insert("daily-report")
    server.send("DELETE", "daily_report")

    assert "The closest name is 'daily-report' (entry 1)." in server.miss()["differences"]


def test_of_a_task_that_came_later_it_is_said(server):
    server.send("DELETE", "a")
    server.insert("a")

    [missed] = server.entries("refused=true")
    assert missed["miss"]["differences"] == [
        "There is no task 'a' in queue 'q'.",
        "It was inserted only later, at 2027-01-15T08:00:00.000000Z (entry 2).",
    ]


def test_of_an_unknown_task_that_looks_like_a_lease_the_verb_is_named(server):
    server.send("GET", "lease?numTasks=1&leaseSecs=60")

    assert "To lease tasks, send POST to this path." in server.miss()["differences"]


def test_of_a_taken_name_it_is_said_who_took_it(server):
    server.insert("a")
    server.insert("a")

    assert server.miss()["differences"] == [
        "It was inserted at 2027-01-15T08:00:00.000000Z (entry 1)."
    ]


def test_of_a_lease_that_ended_it_is_said_when(server):
    server.insert("a")
    server.lease()
    server.clock.advance(61)
    server.send("POST", "a?newLeaseSeconds=9", {"id": "a", "leaseTimestamp": "1800000060000000"})

    assert server.miss()["differences"] == [
        "Its lease ended at 2027-01-15T08:01:00.000000Z (entry 2)."
    ]


def test_of_a_lease_that_is_another_one_both_are_shown(server):
    server.insert("a")
    server.lease()
    server.send("POST", "a?newLeaseSeconds=9", {"id": "a", "leaseTimestamp": "7"})

    assert server.miss()["differences"][0] == (
        "leaseTimestamp is '7', and that of the last lease is '1800000060000000' (entry 2)."
    )


def test_of_a_task_that_nobody_knows_that_is_said(server):
    server.send("POST", "a?newLeaseSeconds=9", {"id": "a", "leaseTimestamp": "7"})

    assert "The journal knows nothing of it." in server.miss()["differences"]


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        ("mial", "The closest name is 'mail'."),
        ("Report_s", "The closest name is 'reports'."),
        ("zzz", "The queues are mail, reports."),
    ],
)
def test_of_an_unknown_queue_the_closest_one_is_named(tmp_path, queue, said):
    (tmp_path / "queue.yaml").write_text(QUEUES)
    with journaled(queues=tmp_path / "queue.yaml") as server:
        server.send("GET", f"{BASE}/p/taskqueues/{queue}")

        assert server.miss()["differences"][-1] == said


def test_of_a_name_that_cannot_be_it_is_said_why(server):
    server.insert("a b")

    assert server.miss()["differences"] == [
        "'a b': a task name is 1 to 500 letters, digits, underscores or hyphens."
    ]


def test_of_a_caller_whom_the_access_list_does_not_name_it_is_said_whom_it_does(tmp_path):
    (tmp_path / "queue.yaml").write_text(QUEUES)
    holder = {"name": "w", "sha256": digest("good"), "email": "w@example.com"}
    (tmp_path / "tokens").write_text(json.dumps({"version": 1, "tokens": [holder]}))
    with journaled(
        queues=tmp_path / "queue.yaml", auth="tokens", tokens=tmp_path / "tokens"
    ) as server:
        server.send("GET", f"{BASE}/p/taskqueues/mail", authorization="Bearer good")

        assert server.miss()["differences"] == [
            "w@example.com is no user_email of queue 'mail', which has worker@example.com."
        ]


def test_a_refusal_without_a_text_has_its_status(server):
    server.send("HEAD", "a")

    assert server.miss()["summary"] == "It was refused with 404."


def test_a_request_that_was_done_has_nothing_to_explain(server):
    server.insert("a")

    assert "miss" not in server.latest()
