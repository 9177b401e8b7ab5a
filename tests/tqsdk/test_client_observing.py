"""What is seen of a client at work: hooks, answers beside results, log lines; and what never is."""

from __future__ import annotations

import threading

import pytest

from tqsdk import (
    ApiError,
    ArgumentError,
    ConfigError,
    ConnectError,
    RequestTimeoutError,
    UnauthenticatedError,
)
from tqsdk.testing import answer, refusal

EMPTY = answer({"kind": "taskqueues#tasks"})
EXISTS = refusal(400, "Task name is invalid.", code="TASK_ALREADY_EXISTS")
SECRET = "ya29.s3cret-t0ken"


def test_a_hook_hears_of_every_attempt(scripted, a_task, clock):
    def slow(request):
        clock.advance(0.25)
        return answer(a_task())

    seen = []
    client, _ = scripted(ConnectError("x"), refusal(503, "x"), slow, on_attempt=seen.append)

    client.queue("q").insert(b"hello", name="t1")

    assert [(each.number, each.outcome) for each in seen] == [
        (1, "ConnectError"),
        (2, "503"),
        (3, "200"),
    ]
    assert {(each.operation, each.queue, each.task) for each in seen} == {
        ("taskqueue.tasks.insert", "q", "t1")
    }
    assert seen[2].seconds == pytest.approx(0.25)
    assert isinstance(seen[0].error, ConnectError)
    assert seen[1].response.status == 503


def test_there_may_be_several_hooks_and_the_look_after_an_insert_is_an_attempt_too(
    scripted, a_task
):
    first, second = [], []
    client, _ = scripted(
        RequestTimeoutError("x"),
        EXISTS,
        answer(a_task(b"hello")),
        on_attempt=[first.append, second.append],
    )

    client.queue("q").insert(b"hello")

    assert [each.operation.rpartition(".")[2] for each in first] == ["insert", "insert", "get"]
    assert first == second


def test_a_hook_that_fails_is_logged_and_fails_nothing_else(scripted, a_task, caplog):
    def broken(attempt):
        raise ZeroDivisionError

    client, _ = scripted(answer({"items": [a_task()]}), on_attempt=broken)

    assert len(client.queue("q").lease()) == 1
    assert "on_attempt failed" in caplog.text


def test_the_answer_can_be_had_beside_the_result(scripted, a_task):
    client, _ = scripted(
        refusal(503, "x"), answer(a_task(), status=200, headers={"X-Request-Id": "r1"})
    )

    raw = client.with_raw_response(client.queue("q").insert, b"hello", tag="red")

    assert raw.result.payload == b"hello"
    assert (raw.status, raw.header("x-request-id"), raw.attempts) == (200, "r1", 2)
    assert b"payloadBase64" in raw.response.body


def test_every_method_can_be_called_so(scripted, a_task):
    from tqsdk import calls

    task = a_task(leaseTimestamp="9", retry_count=1)
    stats = answer({"id": "q", "stats": {"totalTasks": 1}})
    client, _ = scripted(
        answer(task), EMPTY, stats, answer({"id": "q"}), answer({"items": [task]}),
        answer(task), answer(task), answer(), answer(), EMPTY,
    )  # fmt: skip
    queue, raw = client.queue("q"), client.with_raw_response

    raw(queue.get, "t1")
    raw(queue.list)
    raw(queue.stats)
    raw(queue.info)
    [lease] = raw(queue.lease, max_tasks=1).result
    raw(lease.renew, 60)
    raw(lease.release)
    raw(lease.delete)
    raw(queue.delete, "t1")
    assert raw(client.perform, calls.list_tasks("p", "q")).status == 200


def test_what_sends_nothing_has_no_answer(scripted):
    client, _ = scripted()

    with pytest.raises(ArgumentError, match="sent no request"):
        client.with_raw_response(client.queue, "q")


def test_answers_of_other_threads_are_not_mixed_in(scripted):
    client, _ = scripted(answer({"id": "other"}), EMPTY)
    queue = client.queue("q")

    def both():
        thread = threading.Thread(target=queue.info)
        thread.start()
        thread.join()
        return queue.list()

    raw = client.with_raw_response(both)

    assert (raw.attempts, raw.response) == (1, EMPTY)


@pytest.mark.parametrize("given", [{"token": SECRET}, {"credentials": lambda: SECRET}])
def test_a_token_that_a_server_repeats_is_in_no_error_and_no_log(scripted, caplog, given):
    caplog.set_level("DEBUG", "tqsdk")
    client, _ = scripted(
        refusal(503, f"cannot check {SECRET}"),
        refusal(401, f"Bearer {SECRET} is no good", reason="authError"),
        **given,
    )

    with pytest.raises(UnauthenticatedError, match=r"Bearer \*\*\* is no good") as caught:
        client.queue("q").list()

    assert SECRET not in caplog.text + repr(caught.value) + str(vars(caught.value))


def test_so_is_one_that_was_given_for_one_call(scripted):
    client, _ = scripted(refusal(403, f"{SECRET} may not"))

    with pytest.raises(ApiError) as caught:
        client.queue("q").list(headers={"Authorization": f"Bearer {SECRET}"})

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", f"Bearer {SECRET}\n"),
        ("A b", "x"),
        ("X", "a\r\nY: b"),
        ("X", "€"),
        ("X", 7),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_without_showing_it(scripted, name, value):
    client, transport = scripted()

    with pytest.raises(ConfigError, match="headers") as caught:
        client.queue("q").list(headers={name: value})

    assert SECRET not in str(caught.value)
    assert transport.requests == []
