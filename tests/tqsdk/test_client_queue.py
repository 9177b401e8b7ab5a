from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from tests.tqsdk.batches import answering
from tqsdk import (
    ArgumentError,
    ConnectError,
    LeaseLostError,
    Limits,
    RetryPolicy,
    ServerError,
)
from tqsdk.testing import answer, refusal

LEASE_LOST = refusal(400, "The task lease has expired.")


@pytest.fixture
def leasing(scripted, a_task):
    """Lease tasks named by letters; the answers that follow are for what is done with them."""

    def make(names, *answers):
        tasks = [a_task(id=name, leaseTimestamp="5", retry_count=1) for name in names]
        client, transport = scripted(answer({"items": tasks}), *answers, retry=RetryPolicy.none())
        return client.queue("q").lease(max_tasks=9), transport

    return make


def sent(transport):
    return [(r.method, r.url.rpartition("/tasks/")[2]) for r in transport.requests[1:]]


def test_leases_are_a_sequence(leasing):
    leases, _ = leasing("abc")

    assert len(leases) == 3
    assert [lease.name for lease in leases] == ["a", "b", "c"]
    assert leases[-1].name == "c"
    assert [lease.name for lease in leases[:2]] == ["a", "b"]


def test_leaving_the_block_releases_what_is_neither_deleted_nor_released(leasing, a_task):
    leases, transport = leasing("abc", answer(), answer(a_task()), answer(a_task()))

    with leases:
        leases[0].delete()
        leases[1].release()

    assert sent(transport) == [
        ("DELETE", "a"),
        ("POST", "b?newLeaseSeconds=0"),
        ("POST", "c?newLeaseSeconds=0"),
    ]


def test_an_exception_in_the_block_releases_too_and_goes_on(leasing, a_task):
    leases, transport = leasing("a", answer(a_task()))

    with pytest.raises(KeyError), leases:
        raise KeyError("x")

    assert sent(transport) == [("POST", "a?newLeaseSeconds=0")]


def test_a_lease_that_ended_meanwhile_is_no_error_on_the_way_out(leasing, a_task):
    leases, transport = leasing("ab", answering(LEASE_LOST, answer(a_task())))

    with leases:
        pass

    assert len(sent(transport)) == 1
    assert [lease.settled for lease in leases] == [True, True]


def test_leases_are_released_in_one_request_and_each_is_tried(leasing, a_task):
    busy = refusal(503, "Backend Error", code="TRANSIENT_ERROR")
    leases, _ = leasing("abc", answering(answer(a_task()), busy, answer(a_task())))

    with pytest.raises(ServerError), leases:
        pass

    assert [lease.settled for lease in leases] == [True, False, True]


def test_leases_that_have_run_out_are_not_released(leasing, clock):
    leases, transport = leasing("ab")

    with leases:
        clock.advance(60)

    assert leases[0].seconds_left == 0
    assert sent(transport) == []


def test_a_failing_release_does_not_hide_the_error_of_the_block(leasing, caplog):
    leases, transport = leasing("ab", ConnectError("refused"))

    with pytest.raises(KeyError), leases:
        raise KeyError("x")

    assert len(sent(transport)) == 1
    assert "leases run out" in caplog.text


def test_a_failing_release_is_raised_if_nothing_else_is(leasing):
    leases, _ = leasing("ab", ConnectError("refused"))

    with pytest.raises(ConnectError), leases:
        pass


def test_a_lost_lease_is_not_released_again(leasing):
    leases, transport = leasing("a", LEASE_LOST)

    with leases, pytest.raises(LeaseLostError):
        leases[0].renew(60)

    assert len(sent(transport)) == 1


def test_a_lease_shows_its_task(leasing):
    leases, _ = leasing("a")
    (lease,) = leases

    assert (lease.name, lease.payload, lease.text(), lease.tag) == ("a", b"hello", "hello", None)
    assert lease.retry_count == 1
    assert "60.0 s left" in repr(leases)


@pytest.mark.parametrize(
    ("eta", "expected"),
    [
        (timedelta(seconds=90), 90),
        (timedelta(seconds=-5), -5),
        (datetime(2026, 1, 1, 0, 1, tzinfo=UTC), 60),
        (datetime.fromisoformat("2026-01-01T02:00:00+02:00"), 0),
    ],
)
def test_an_eta_is_a_moment_or_a_distance(scripted, a_task, eta, expected):
    client, transport = scripted(answer(a_task()))

    client.queue("q").insert(b"x", eta=eta)

    start = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    sent_eta = json.loads(transport.requests[0].body)["leaseTimestamp"]
    assert sent_eta == str((start + expected) * 1_000_000)


@pytest.mark.parametrize(
    "arguments",
    [
        {"payload": b"x" * (2**20 + 1)},
        {"payload": "\ud800"},
        {"tag": "é" * 251},
        {"tag": "\ud800"},
        {"name": ""},
        {"name": "a b"},
        {"name": "x" * 501},
        {"eta": datetime(2026, 1, 1)},
        {"eta": timedelta(days=31)},
        {"eta": datetime(1969, 1, 1, tzinfo=UTC)},
    ],
)
def test_what_no_server_stores_is_refused_before_sending(scripted, arguments):
    client, transport = scripted()

    with pytest.raises(ArgumentError) as caught:
        client.queue("q").insert(**{"payload": b"x", **arguments})

    assert isinstance(caught.value, ValueError)
    assert caught.value.argument in arguments
    assert transport.requests == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_tasks": 0},
        {"max_tasks": 1001},
        {"seconds": -1},
        {"seconds": 604_801},
        {"seconds": 0.5},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": timedelta(milliseconds=1)},
        {"tag": "x" * 501},
    ],
)
def test_what_no_server_leases_is_refused_before_sending(scripted, arguments):
    client, transport = scripted()

    with pytest.raises(ArgumentError):
        client.queue("q").lease(**arguments)

    assert transport.requests == []


def test_the_largest_values_are_sent(scripted, a_task):
    client, transport = scripted(answer(a_task()), answer({}))
    queue = client.queue("q")

    queue.insert(b"x" * 2**20, name="n" * 500, tag="é" * 250, eta=timedelta(days=30))
    queue.lease(max_tasks=1000, seconds=timedelta(days=7), tag="x" * 500)

    assert "leaseSecs=604800&" in transport.requests[1].url


def test_sizes_can_be_left_to_the_server_but_names_are_checked(scripted, a_task):
    client, _ = scripted(answer(a_task()), answer({}), limits=Limits.none())
    queue = client.queue("q")

    queue.insert(b"x" * (2**20 + 1), tag="x" * 501, eta=timedelta(days=365))
    queue.lease(max_tasks=5000, seconds=10**6)

    with pytest.raises(ArgumentError):
        queue.insert(b"x", name="a b")


@pytest.mark.parametrize("name", ["", "a_b", "a/b", "x" * 101, "a\n"])
def test_a_queue_name_that_cannot_be_is_refused(scripted, name):
    client, _ = scripted()

    with pytest.raises(ArgumentError):
        client.queue(name)


def test_an_empty_tag_is_no_tag(scripted, a_task):
    client, transport = scripted(answer(a_task(tag="")), answer({}))
    queue = client.queue("q")

    assert queue.insert(b"x", tag="").tag is None
    queue.lease(tag="")

    assert "tag" not in json.loads(transport.requests[0].body)
    assert "ByTag" not in transport.requests[1].url


def test_statistics_are_asked_for_and_must_come(scripted):
    client, transport = scripted(answer({"stats": {"totalTasks": 3}}), answer({}), answer({}))
    queue = client.queue("q")

    assert queue.stats().total_tasks == 3
    with pytest.raises(ServerError, match="sent none"):
        queue.stats()
    assert queue.info().stats is None

    assert [r.url.endswith("?getStats=true") for r in transport.requests] == [True, True, False]


def test_the_list_has_tasks_without_payloads(scripted, a_task):
    item = a_task()
    del item["payloadBase64"]
    client, _ = scripted(answer({"kind": "taskqueues#tasks", "items": [item]}))

    (task,) = client.queue("q").list()

    assert task.name == "t1"
    assert not hasattr(task, "payload")


def test_each_request_and_each_wait_is_a_line_of_log_without_secrets(scripted, a_task, caplog):
    client, _ = scripted(ConnectError("x"), answer(a_task()), token="s3cret")
    caplog.set_level(logging.DEBUG, "tqsdk")

    client.queue("q").insert(b"private", name="t1")

    first, wait, second = caplog.messages
    assert first.startswith("taskqueue.tasks.insert q t1 -> ConnectError, attempt 1")
    assert wait.startswith("taskqueue.tasks.insert q t1 failed, again in ")
    assert second.startswith("taskqueue.tasks.insert q t1 -> 200, attempt 2")
    assert "s3cret" not in caplog.text
    assert "private" not in caplog.text
