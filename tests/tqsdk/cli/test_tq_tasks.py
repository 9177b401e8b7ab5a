from __future__ import annotations

import json

from tqsdk import NewTask
from tqsdk.testing import refusal


def test_get_prints_a_line_for_each_task_and_leases_none(tq, queue):
    queue.insert("one\ttwo\\", name="a", tag="red")
    queue.insert(b"\xff\n", name="b")

    done = tq("tasks", "get", "q", "a", "b")

    assert done.lines == ["a\t0\t0\tred\tone\\ttwo\\\\", "b\t0\t0\t\t\\xff\\n"]
    assert len(queue.lease(max_tasks=9)) == 2


def test_get_as_json_has_text_as_text_and_bytes_as_base64(tq, queue):
    queue.insert("na\u00efve\n", name="a")
    queue.insert(b"\xff", name="b")

    text, other = tq("tasks", "get", "q", "a", "b", "--json").records

    assert (text["payload"], "payload_base64" in text) == ("na\u00efve\n", False)
    assert (other["payload_base64"], "payload" in other) == ("_w==", False)
    assert {**text, "payload": 0} == {
        "name": "a",
        "queue": "q",
        "project": "s~p",
        "tag": None,
        "enqueued_at": "2026-01-01T00:00:00Z",
        "eta": None,
        "lease_expires_at": None,
        "lease_token": 0,
        "retry_count": 0,
        "payload": 0,
    }


def test_get_raw_prints_the_bytes_alone(tq, queue):
    queue.insert(b"\x00\xff", name="a")

    assert tq("tasks", "get", "q", "a", "--raw").out == b"\x00\xff"


def test_get_goes_on_after_a_task_that_is_not_there(tq, queue):
    queue.insert("x", name="b")

    done = tq("tasks", "get", "q", "a", "b")

    assert (done.code, len(done.lines)) == (3, 1)
    assert "task 'a'" in done.err


def test_list_shows_tasks_in_order_with_when_they_are_due(tq, queue):
    queue.insert("x", name="a", tag="red")
    queue.insert("x", name="b")
    queue.lease(seconds=60)

    assert tq("tasks", "list", "q").lines == ["b\t\t0\t", "a\t2026-01-01T00:01:00Z\t1\tred"]
    assert [record["name"] for record in tq("tasks", "list", "q", "--json").records] == ["b", "a"]


def test_list_says_that_there_may_be_more_than_the_api_lists(tq, queue):
    for _ in range(100):
        queue.insert("x")

    done = tq("tasks", "list", "q")

    assert len(done.lines) == 100
    assert done.err == "tq: there may be more: the API lists at most 100\n"
    note = tq("tasks", "list", "q", "--json").err
    assert json.loads(note) == {"note": "there may be more: the API lists at most 100"}


def test_delete_prints_the_names_of_what_is_gone(tq, queue):
    queue.insert("x", name="a")
    queue.insert("x", name="b")

    assert tq("tasks", "delete", "q", "a", "b").lines == ["a", "b"]
    assert queue.list() == []


def test_delete_minds_a_task_that_is_not_there_unless_told(tq):
    minding = tq("tasks", "delete", "q", "a")
    told = tq("tasks", "delete", "q", "a", "--missing-ok")

    assert (minding.code, told.code, told.lines) == (3, 0, ["a"])
    assert "--missing-ok" in minding.err


def test_delete_reads_names_or_records_after_a_queue(tq, queue):
    for name in "abc":
        queue.insert("x", name=name)
    record = tq("tasks", "get", "q", "b", "--json").out

    done = tq("tasks", "delete", "q", "-", stdin=b"a\n\n" + record + b"c\n")

    assert (done.code, done.lines) == (0, ["a", "b", "c"])


def test_records_alone_say_of_which_queue_they_are(tq, queue):
    queue.insert("x", name="a")
    record = tq("tasks", "get", "q", "a", "--json").out

    done = tq("tasks", "delete", "-", "--json", stdin=record)

    assert done.records == [json.loads(record)]
    assert queue.list() == []


def test_many_are_deleted_in_one_request(tq, queue, monkeypatch):
    queue.insert_many(NewTask("x", name=f"n{number}") for number in range(150))
    sent = []
    send = tq.transport.send
    monkeypatch.setattr(tq.transport, "send", lambda *arguments: sent.append(1) or send(*arguments))
    names = [f"n{number}" for number in [*range(50), 999, *range(50, 150)]]

    done = tq("tasks", "delete", "q", "-", stdin="\n".join([*names, ""]))

    assert done.code == 3
    assert done.lines == [name for name in names if name != "n999"]
    assert len(sent) == 2
    assert queue.list() == []


def test_what_comes_before_a_task_of_another_project_is_deleted_and_nothing_after_it(tq, queue):
    for name in "abc":
        queue.insert("x", name=name)
    a, b, c = (json.dumps({"queue": "q", "name": name}) for name in "abc")
    nowhere = json.dumps({"queue": "no queue", "name": "x"})
    foreign = b.replace("{", '{"project": "other", ')

    done = tq("tasks", "delete", "-", stdin="\n".join([nowhere, a, foreign, c]))

    assert (done.code, done.lines) == (2, ["a"])
    assert done.err.count("\n") == 2
    assert "b is a task of other, not of p" in done.err
    assert sorted(task.name for task in queue.list()) == ["b", "c"]


def test_what_is_read_must_fit_what_is_said(tq, queue):
    queue.insert("x", name="a")
    record = json.loads(tq("tasks", "get", "q", "a", "--json").out)

    def refused(*arguments, **changes):
        done = tq("tasks", "delete", *arguments, stdin=json.dumps(record | changes))
        assert done.code == 2
        return done.err

    assert "line 1: a task of the queue 'q', not of 'q2'" in refused("q2", "-")
    assert "a is a task of s~other, not of p" in refused("-", project="s~other")
    assert "a task has a name and a queue" in refused("-", name=None)
    assert "names alone need QUEUE" in tq("tasks", "delete", "-", stdin="a\n").err
    assert "give QUEUE and the NAMEs" in tq("tasks", "delete", "q").err
    assert len(queue.list()) == 1


def test_a_queue_is_shown_member_by_member(tq):
    assert tq("queues", "get", "q").lines == [
        "name\tq",
        "project\ts~p",
        "max_leases\t",
        "admin_emails\t",
        "consumer_emails\t",
        "producer_emails\t",
    ]
    assert tq("queues", "get", "q", "--json").records[0]["producer_emails"] == []


def test_the_statistics_of_a_queue_are_shown(tq, queue):
    queue.insert("x")
    queue.insert("x")
    queue.lease(seconds=60)

    assert tq("queues", "stats", "q").lines == [
        "total_tasks\t2",
        "oldest_task\t2026-01-01T00:00:00Z",
        "leased_last_minute\t1",
        "leased_last_hour\t1",
    ]
    assert tq("queues", "stats", "q", "--json").records[0]["total_tasks"] == 2


def test_an_unknown_queue_is_named(tq):
    tq.scripted(refusal(404, "queue not found", reason="notFound", code="UNKNOWN_QUEUE"))

    done = tq("queues", "get", "q")

    assert done.code == 3
    assert "queue 'q'" in done.err
