from __future__ import annotations

import json

import pytest

from tqsdk import AmbiguousResultError
from tqsdk.testing import answer, refusal


@pytest.fixture
def leased(tq, queue):
    """Insert and lease tasks, and give what was printed."""

    def lease(*names, seconds=60):
        for name in names:
            queue.insert(f"payload of {name}", name=name)
        many = str(len(names))
        done = tq("tasks", "lease", "q", "--max-tasks", many, "--seconds", str(seconds), "--json")
        return done.out

    return lease


def test_lease_prints_what_renew_asks_for(tq, queue):
    queue.insert("hello", name="a", tag="red")

    name, token, count, tag, payload = tq("tasks", "lease", "q").lines[0].split("\t")
    renewed = tq(
        *("tasks", "renew", "q", "a", "--seconds", "600"),
        *("--lease-token", token, "--retry-count", count),
    )

    assert (name, tag, payload) == ("a", "red", "hello")
    assert renewed.lines == [f"a\t{int(token) + 540_000_000}\t1"]


def test_the_options_of_a_lease_are_those_of_the_sdk(tq, queue):
    for name, tag in ("a", None), ("b", "red"), ("c", "blue"), ("d", "red"):
        queue.insert("x", name=name, tag=tag)

    def names(*options):
        done = tq("tasks", "lease", "q", "--max-tasks", "9", "--json", *options)
        return [record["name"] for record in done.records]

    assert names("--tag", "red") == ["b", "d"]
    assert names("--group-by-tag") == ["a"]
    assert names() == ["c"]
    assert tq("tasks", "lease", "q").out == b""


def test_leases_can_be_renewed_and_released_by_later_runs(tq, queue, leased, clock):
    renewed = tq("tasks", "renew", "-", "--seconds", "600", "--json", stdin=leased("a", "b"))
    clock.advance(300)
    released = tq("tasks", "release", "-", "--json", stdin=renewed.out)

    assert [record["name"] for record in renewed.records] == ["a", "b"]
    assert renewed.records[0]["lease_expires_at"] == "2026-01-01T00:10:00Z"
    assert renewed.records[0]["payload"] == "payload of a"
    assert (released.code, released.records) == (0, renewed.records)
    assert len(queue.lease(max_tasks=9)) == 2


def test_what_is_leased_can_be_deleted(tq, queue, leased):
    assert tq("tasks", "delete", "-", stdin=leased("a", "b")).lines == ["a", "b"]
    assert queue.list() == []


def test_a_lease_that_is_lost_is_named_and_the_others_are_renewed(tq, queue, leased, clock):
    lost = leased("a", seconds=30)
    clock.advance(31)
    tq("tasks", "lease", "q")

    done = tq("tasks", "renew", "-", stdin=lost + leased("b"))

    assert done.code == 4
    assert "task 'a'" in done.err
    assert [line.split("\t")[0] for line in done.lines] == ["b"]


def test_a_lease_is_released_with_its_token_alone(tq, queue, leased):
    record = json.loads(leased("a"))
    proof = ["--lease-token", str(record["lease_token"]), "--retry-count", "1"]

    assert tq("tasks", "release", "q", "a", *proof).lines == ["a"]
    assert len(queue.lease()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("q",),
        ("q", "a"),
        ("q", "a", "--lease-token", "1"),
        ("q", "a", "b", "--lease-token", "1", "--retry-count", "1"),
        ("-", "--lease-token", "1"),
        ("q", "-", "--retry-count", "1"),
    ],
)
def test_a_lease_has_a_token_and_a_count_of_its_own(tq, arguments):
    script = tq.scripted()

    assert tq("tasks", "renew", *arguments).code == 2
    assert script.requests == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lease_token": None}, "a comes without lease_token and retry_count"),
        ({"lease_token": "5"}, "line 1: lease_token is not a whole number"),
        ({"retry_count": True}, "line 1: retry_count is not a whole number"),
        ({"lease_token": 10**30}, "no lease has the token"),
    ],
)
def test_a_record_without_proof_is_refused(tq, leased, changes, problem):
    record = json.loads(leased("a")) | changes

    done = tq("tasks", "renew", "-", stdin=json.dumps(record))

    assert done.code == 2
    assert problem in done.err


def test_a_renewal_whose_answer_was_lost_is_known_again(tq, leased, a_task):
    record = json.loads(leased("a"))
    later = str(record["lease_token"] + 540_000_000)
    tq.scripted(
        AmbiguousResultError("cut off"),
        refusal(400, "The task lease has expired.", code="TASK_LEASE_EXPIRED"),
        answer(a_task(id="a", leaseTimestamp=later, retry_count=1)),
    )

    done = tq("tasks", "renew", "-", "--json", stdin=json.dumps(record))

    assert done.records[0]["lease_token"] == int(later)


def test_a_release_that_another_took_is_not_taken_for_a_renewal(tq, leased, a_task, clock):
    record = json.loads(leased("a"))
    clock.advance(10)
    tq.scripted(
        AmbiguousResultError("cut off"),
        refusal(400, "The task lease has expired.", code="TASK_LEASE_EXPIRED"),
        answer(
            a_task(id="a", leaseTimestamp=str(record["lease_token"] - 55_000_000), retry_count=1)
        ),
    )

    assert tq("tasks", "renew", "-", stdin=json.dumps(record)).code == 4


def test_tasks_are_released_if_they_cannot_be_printed(tq, queue, monkeypatch):
    queue.insert("x")
    monkeypatch.setattr("tqsdk.cli.output.Output.raw", _full)

    done = tq("tasks", "lease", "q")

    assert (done.code, done.err) == (1, "tq: standard output: No space left on device\n")
    assert len(queue.lease()) == 1


def _full(self, data):
    raise OSError(28, "No space left on device")
