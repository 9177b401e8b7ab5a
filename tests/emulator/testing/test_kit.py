"""What a test asks of its own project, and what it is told when the answer is no."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import emulator
from emulator.testing import TaskQueue
from emulator.testing.naming import project_of
from tests.emulator.testing.plain import delete, insert, lease


@pytest.fixture(scope="module")
def server():
    with emulator.running() as running:
        yield running


@pytest.fixture
def kit(server):
    yield TaskQueue(server, "p")
    server.reset(project="p")


def said(call, *arguments, **wanted) -> str:
    """The text of the failure."""
    with pytest.raises(AssertionError) as caught:
        call(*arguments, **wanted)
    return str(caught.value)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"payload": "hello"},
        {"payload": b"hello"},
        {"tag": "red"},
        {"name": "a"},
        {"count": 1},
        {"payload": "hello", "tag": "red", "name": "a", "count": 1},
    ],
)
def test_a_task_that_fits_is_found(server, kit, wanted):
    insert(server, "mail", "hello", tag="red", id="a")

    (found,) = kit.assert_inserted("mail", **wanted)

    assert found.name == "a"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"payload": "hell"}, "expected a task with payload 'hell' in queue 'mail', found 0"),
        ({"tag": ""}, "expected a task with no tag in queue 'mail', found 0"),
        ({"name": "b", "tag": "red"}, "with tag 'red' and name 'b' in"),
        ({"count": 2}, "expected 2 tasks in queue 'mail', found 1"),
        ({"count": 0}, "expected 0 tasks in queue 'mail', found 1"),
        ({"payload": {"to": "ada"}}, "with payload {'to': 'ada'} in"),
    ],
)
def test_a_task_that_does_not_fit_is_shown_beside_what_was_asked_for(server, kit, wanted, text):
    insert(server, "mail", "hello", tag="red", id="a")
    lease(server, "mail")

    failure = said(kit.assert_inserted, "mail", **wanted)

    assert text in failure
    assert failure.endswith("it has 1:\n  a: 'hello', tag 'red', leased, leased once")


def test_payloads_are_compared_as_json_where_json_is_wanted(server, kit):
    insert(server, "mail", '{"to":"ada","copies":[1,2]}')
    insert(server, "mail", "no JSON")

    kit.assert_inserted("mail", payload={"copies": [1, 2], "to": "ada"}, count=1)
    kit.assert_inserted("mail", payload=["to"], count=0)


def test_a_deleted_task_is_not_there(server, kit):
    delete(server, "mail", insert(server, "mail"))

    assert kit.tasks("mail") == []
    assert "it is empty" in said(kit.assert_inserted, "mail")


def test_where_the_queue_is_empty_others_are_named(server, kit):
    insert(server, "mail")
    insert(server, "mail")

    assert said(kit.assert_inserted, "mial").endswith("it is empty; there are tasks in 'mail' (2)")


def test_long_payloads_and_many_tasks_are_cut(server, kit):
    for _ in range(22):
        insert(server, "mail", "x" * 1_000)

    failure = said(kit.assert_inserted, "mail", payload="y")

    assert failure.count("... (1000 bytes)") == 20
    assert failure.endswith("\n  and 2 more")


def test_other_projects_are_not_seen(server, kit):
    insert(server, "mail")

    assert TaskQueue(server, "other").tasks("mail") == []


def test_tasks_with_equal_payload_and_tag_are_duplicates(server, kit):
    for name in ("a", "b"):
        insert(server, "mail", "hello", id=name)
    insert(server, "mail", "hello", tag="red", id="c")
    insert(server, "mail", "bye", id="d")

    assert said(kit.assert_no_duplicates, "mail") == (
        "queue 'mail' has 2 tasks with the payload and tag of another:\n"
        "  a: 'hello', available\n"
        "  b: 'hello', available"
    )


def test_without_equal_ones_there_are_no_duplicates(server, kit):
    insert(server, "mail", "hello")
    insert(server, "mail", "bye")

    kit.assert_no_duplicates("mail")


def test_it_is_told_as_soon_as_the_queue_is_empty(server, kit):
    names = [insert(server, "mail") for _ in range(2)]
    waits = threading.Event()

    def wait():
        waits.set()
        kit.wait_until_empty("mail", timeout=60)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(wait)
        assert waits.wait(10)
        delete(server, "mail", names[0])
        assert not done.done()
        delete(server, "mail", names[1])

        done.result(10)


def test_what_is_left_is_shown_when_time_is_up(server, kit):
    insert(server, "mail", "hello", id="a")

    failure = said(kit.wait_until_empty, "mail", timeout=0)

    assert failure == ("queue 'mail' is not empty after 0 s; it has 1:\n  a: 'hello', available")


def test_all_is_drained_and_told(server, kit, monkeypatch):
    monkeypatch.setattr("emulator.control.emptying._MOST_DRAINED", 2)
    names = [insert(server, "mail") for _ in range(5)]
    lease(server, "mail")

    drained = kit.drain("mail")

    assert {each.name for each in drained} == set(names)
    assert kit.tasks("mail") == []


def test_programs_are_told_where_they_are(server, kit):
    assert kit.environment == {**server.environment, "GOOGLE_CLOUD_PROJECT": "p"}
    assert kit.queue_url("mail") == f"{server.url}/taskqueue/v1beta2/projects/p/taskqueues/mail"
    assert kit.url == server.url
    assert kit.host == server.host
    assert kit.wsgi is server.wsgi


@pytest.mark.parametrize(
    ("test", "start"),
    [
        ("test_it[a-B c]", "test-it-a-b-c-"),
        ("äöü", "test-"),
        ("x" * 300, "x" * 60 + "-"),
        ("tests.t.Mail.test_it", "tests-t-mail-test-it-"),
    ],
)
def test_a_project_is_called_after_its_test_and_is_the_only_one(server, test, start):
    project = project_of(test)

    assert project.startswith(start)
    assert project != project_of(test)
    assert server.reset(project=project).tasks == 0  # it is a good project id
