"""Leasing: who gets which tasks, until when, and how often."""

from __future__ import annotations

import pytest

from emulator.engine.errors import Code, RefusedError
from emulator.engine.model import QueueSettings
from tests.emulator.engine.one_queue import names

WEEK = 7 * 86_400


@pytest.fixture
def twice(a_queue):
    """A queue whose tasks get two leases."""
    return a_queue(settings=QueueSettings(retry_limit=2))


def test_the_oldest_tasks_come_first_and_equal_ones_by_name(queue):
    queue.insert("b")
    queue.insert("a")
    queue.insert("B")
    queue.insert("old", eta=queue.now(plus=-1))

    assert names(queue.lease(3)) == ["old", "B", "a"]
    assert names(queue.lease(3)) == ["b"]


def test_names_are_compared_as_text_and_not_as_numbers(queue):
    for number in (10, 9, 1, 11, 2):
        queue.insert(f"n{number}")

    assert names(queue.lease(9)) == ["n1", "n10", "n11", "n2", "n9"]


def test_all_tasks_of_one_call_are_leased_until_the_same_microsecond(queue):
    for name in "abc":
        queue.insert(name, payload=name.encode())

    leased = queue.lease(3, seconds=60)

    assert {task.eta for task in leased} == {queue.now(plus=60)}
    assert [task.payload for task in leased] == [b"a", b"b", b"c"]


def test_leased_tasks_are_hidden_until_the_very_instant_the_lease_ends(queue):
    queue.insert("a")
    queue.lease(seconds=60)

    queue.clock.advance(59.999999)
    assert queue.lease() == []

    queue.clock.advance(0.000001)
    assert names(queue.lease()) == ["a"]


def test_each_lease_counts_and_its_answer_has_it_in(queue):
    queue.insert("a")

    counts = []
    for _ in range(3):
        counts.append(queue.lease(seconds=1)[0].retry_count)
        queue.clock.advance(1)

    assert counts == [1, 2, 3]
    assert queue.get("a").retry_count == 3


def test_a_task_whose_lease_ended_stands_behind_older_ones_that_were_never_leased(queue):
    queue.insert("a")
    queue.lease(seconds=10)
    queue.clock.advance(5)
    queue.insert("b")
    queue.clock.advance(60)

    assert names(queue.lease(2)) == ["b", "a"]


def test_a_lease_of_no_seconds_counts_and_leaves_the_task_available(queue):
    queue.insert("a")

    assert queue.lease(5, seconds=0)[0].retry_count == 1
    assert [task.retry_count for task in queue.lease(5, seconds=0)] == [2]


def test_a_lease_gives_what_there_is_when_less_is_there_than_asked_for(queue):
    queue.insert("a")

    assert names(queue.lease(1000)) == ["a"]
    assert queue.lease(1000) == []


def test_a_lease_leaves_when_the_task_was_inserted(queue):
    inserted = queue.insert("a", tag="red")
    queue.clock.advance(5)

    leased = queue.lease()[0]

    assert (leased.enqueued_at, leased.tag) == (inserted.enqueued_at, "red")
    assert not leased.eta_given


@pytest.mark.parametrize("count", [1, 1000])
def test_one_to_a_thousand_tasks_may_be_asked_for(queue, count):
    assert queue.lease(count) == []


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_another_number_of_tasks_is_refused(queue, count):
    with pytest.raises(RefusedError, match=r"count is .* from 1 to 1000") as caught:
        queue.lease(count)

    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("seconds", [-1, WEEK + 1])
def test_a_lease_of_more_than_a_week_or_less_than_nothing_is_refused(queue, seconds):
    with pytest.raises(RefusedError, match=r"seconds is .* from 0 to 604800"):
        queue.lease(seconds=seconds)


def test_a_lease_of_a_week_is_given(queue):
    queue.insert("a")

    assert queue.lease(seconds=WEEK)[0].eta == queue.now(plus=WEEK)


def test_a_lease_stops_before_the_task_that_would_go_over_a_mebibyte(queue):
    queue.insert("a", payload=b"x" * 600_000)
    queue.insert("b", payload=b"x" * (1_048_576 - 600_000))
    queue.insert("c", payload=b"x")
    queue.insert("d")

    assert names(queue.lease(9)) == ["a", "b"]
    assert names(queue.lease(9)) == ["c", "d"]


def test_empty_payloads_take_no_room(queue):
    queue.insert("a", payload=b"x" * 1_048_576)
    queue.insert("b")

    assert names(queue.lease(9)) == ["a", "b"]


def test_a_paused_queue_gives_no_leases(a_queue):
    queue = a_queue(settings=QueueSettings(paused=True))
    queue.insert("a")

    assert queue.lease() == []
    assert queue.get("a").retry_count == 0


def test_a_retry_limit_is_how_many_leases_there_are(twice):
    twice.insert("a")

    leases = [names(twice.lease(seconds=0)) for _ in range(3)]

    assert leases == [["a"], ["a"], []]


def test_a_spent_task_is_there_until_a_lease_meets_it(twice):
    twice.insert("a")
    twice.lease(seconds=0)
    twice.lease(seconds=0)
    assert names(twice.listing()) == ["a"]
    assert twice.get("a").retry_count == 2

    twice.lease()

    assert twice.listing() == []
    with pytest.raises(RefusedError, match="TOMBSTONED_TASK"):
        twice.insert("a")


def test_a_spent_task_is_not_deleted_while_its_last_lease_lives(twice):
    twice.insert("a")
    twice.lease(seconds=0)
    twice.lease(seconds=60)

    assert twice.lease() == []
    assert names(twice.listing()) == ["a"]


def test_a_spent_task_takes_no_place_among_those_asked_for(twice):
    twice.insert("a", eta=twice.now(plus=-1))
    for _ in range(2):
        twice.lease(seconds=0)
    twice.insert("b")
    twice.insert("c")
    twice.clock.advance(1)

    assert names(twice.lease(2)) == ["b", "c"]
    assert names(twice.listing()) == ["b", "c"]


def test_a_spent_task_behind_what_was_asked_for_stays(twice):
    twice.insert("b")
    for _ in range(2):
        twice.lease(seconds=0)
    twice.insert("a")

    twice.lease(1)

    assert names(twice.listing()) == ["b", "a"]


def test_a_renewal_does_not_count_as_a_lease(twice):
    twice.insert("a")
    task = twice.lease(seconds=60)[0]

    for _ in range(5):
        task = twice.renew(task, seconds=60)
    twice.renew(task, seconds=0)

    assert names(twice.lease()) == ["a"]


def test_without_a_retry_limit_there_is_no_end(queue):
    queue.insert("a")

    for _ in range(50):
        queue.lease(seconds=0)

    assert queue.get("a").retry_count == 50
