from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from tqsdk.testing import answer

BODY = json.dumps({"id": "a", "queueName": "q", "payloadBase64": "aGVsbG8="})


def test_the_answer_is_printed_as_it_came(tq):
    done = tq("call", "taskqueue.tasks.insert", "taskqueue=q", "--body", BODY)

    task = json.loads(done.out)
    assert (task["kind"], task["payloadBase64"]) == ("taskqueues#task", "aGVsbG8=")
    assert done.lines[1].startswith(' "')


def test_json_is_one_line(tq):
    assert len(tq("call", "tasks.list", "taskqueue=q", "--json").lines) == 1


def test_an_empty_answer_prints_nothing(tq, queue):
    queue.insert("x", name="a")

    done = tq("call", "tasks.delete", "taskqueue=q", "task=a")

    assert (done.code, done.out) == (0, b"")
    assert queue.list() == []


def test_parameters_are_spelled_as_the_api_wants_them(tq):
    script = tq.scripted(answer({}))

    tq(
        *("call", "tasks.lease", "taskqueue=q", "numTasks=2", "leaseSecs=3"),
        *("groupByTag=1", "tag=a b&c", "fields=items/id"),
    )

    url = urlsplit(script.requests[0].url)
    assert url.path == "/taskqueue/v1beta2/projects/p/taskqueues/q/tasks/lease"
    assert dict(parse_qsl(url.query)) == {
        "numTasks": "2",
        "leaseSecs": "3",
        "groupByTag": "true",
        "tag": "a b&c",
        "fields": "items/id",
    }


def test_another_project_may_be_named(tq):
    script = tq.scripted(answer({}))

    tq("call", "taskqueues.get", "project=e~other", "taskqueue=q")

    assert "/projects/e~other/" in script.requests[0].url


@pytest.mark.parametrize("source", ["argument", "file", "standard input"])
def test_a_body_may_be_an_argument_a_file_or_standard_input(tq, queue, source, tmp_path):
    (tmp_path / "body").write_text(BODY)
    given = {"argument": BODY, "file": f"@{tmp_path / 'body'}", "standard input": "-"}[source]

    tq("call", "tasks.insert", "taskqueue=q", "--body", given, stdin=BODY)

    assert queue.get("a").text() == "hello"


def test_int64_in_a_body_may_be_text_or_a_number(tq):
    script = tq.scripted(answer({}), answer({}))
    arguments = ("call", "tasks.update", "taskqueue=q", "task=a", "newLeaseSeconds=1", "--body")

    tq(*arguments, '{"leaseTimestamp": "12"}')
    tq(*arguments, '{"leaseTimestamp": 12}')

    assert [json.loads(request.body) for request in script.requests] == [
        {"leaseTimestamp": "12"}
    ] * 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("tasks.purge", "there is no method 'tasks.purge', but taskqueues.get, tasks.delete,"),
        ("tasks.get taskqueue=q", "taskqueue.tasks.get needs task= too"),
        ("tasks.list q", "'q' is not NAME=VALUE"),
        ("tasks.list queue=q", "there is no parameter 'queue', but alt, fields,"),
        ("tasks.list taskqueue=q taskqueue=r", "taskqueue is given twice"),
        ("tasks.list taskqueue=q alt=xml", "alt can be json, not 'xml'"),
        ("taskqueues.get taskqueue=q getStats=maybe", "getStats: Invalid boolean value: 'maybe'"),
        ("tasks.list taskqueue=..", "taskqueue cannot be '..'"),
        ("tasks.list taskqueue=q --body {}", "taskqueue.tasks.list takes no body"),
        ("tasks.insert taskqueue=q --body {", "the body is not JSON"),
        ("tasks.insert taskqueue=q --body []", "the body is not a JSON object"),
        ('tasks.insert taskqueue=q --body {"payload":""}', "Task has no member 'payload', but"),
        ('tasks.insert taskqueue=q --body {"retry_count":"x"}', "Invalid integer value: 'x'"),
        ("tasks.list taskqueue=\udcff", "is not UTF-8"),
    ],
)
def test_what_the_contract_does_not_know_is_not_sent(tq, words, problem):
    script = tq.scripted()

    done = tq("call", *words.split(" "))

    assert done.code == 2
    assert problem in done.err
    assert script.requests == []


def test_a_refusal_ends_as_any_other(tq):
    done = tq("call", "tasks.get", "taskqueue=q", "task=a")

    assert (done.code, done.out) == (3, b"")
    assert "UNKNOWN_TASK" in done.err
