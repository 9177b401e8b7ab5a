"""A lease that would be empty, under a clock that jumps to the next ETA."""

from __future__ import annotations

import pytest

from emulator.engine.clock import LATEST, MICROSECONDS
from emulator.engine.limits import BY_NAME
from emulator.engine.model import QueueSettings
from tests.emulator.engine.one_queue import OneQueue, names

MINUTE = 60 * MICROSECONDS


@pytest.fixture
def jumping(a_queue):
    """A queue whose clock stands still, but for jumps of a minute at most."""

    def make(**choices) -> OneQueue:
        queue = a_queue(control=True, **choices)
        queue.move(queue.control.freeze())
        queue.move(queue.control.auto_jump(MINUTE))
        return queue

    return make


def test_a_lease_that_would_be_empty_jumps_to_the_next_eta(jumping):
    queue = jumping()
    eta = queue.now(plus=60)
    queue.insert("a", eta=eta)

    leased = queue.lease(seconds=10)

    assert names(leased) == ["a"]
    assert queue.now() == eta
    assert leased[0].eta == eta + 10 * MICROSECONDS
    assert queue.stats().leased_last_minute == 1


def test_there_is_no_jump_beyond_the_bound(jumping):
    queue = jumping()
    before = queue.now()
    queue.insert("a", eta=queue.now(plus=60.000001))

    assert queue.lease() == []
    assert queue.now() == before


def test_there_is_no_jump_while_something_can_be_leased(jumping):
    queue = jumping()
    before = queue.now()
    queue.insert("a")
    queue.insert("b", eta=queue.now(plus=1))

    assert names(queue.lease(9)) == ["a"]
    assert queue.now() == before


def test_a_clock_that_nobody_told_to_jump_does_not(a_queue):
    queue = a_queue(control=True)
    queue.move(queue.control.advance(1))
    queue.insert("a", eta=queue.now(plus=1))

    assert queue.lease() == []


def test_a_jump_takes_all_that_is_due_then_and_no_more(jumping):
    queue = jumping()
    for name, seconds in [("a", 5), ("b", 5), ("c", 6)]:
        queue.insert(name, eta=queue.now(plus=seconds))

    assert names(queue.lease(9)) == ["a", "b"]


def test_the_end_of_a_lease_is_an_eta_too(jumping):
    queue = jumping()
    queue.insert("a")
    first = queue.lease(seconds=30)

    again = queue.lease(seconds=30)

    assert [task.retry_count for task in (*first, *again)] == [1, 2]
    assert queue.now() == first[0].eta


def test_a_lease_by_tag_jumps_to_the_next_eta_of_that_tag(jumping):
    queue = jumping()
    queue.insert("a", tag="red", eta=queue.now(plus=1))
    eta = queue.now(plus=2)
    queue.insert("b", tag="blue", eta=eta)
    queue.insert("c", tag="blue", eta=queue.now(plus=3))

    assert names(queue.lease(9, tag="blue", group_by_tag=True)) == ["b"]
    assert queue.now() == eta
    assert queue.lease(tag="green", group_by_tag=True) == []
    assert queue.now() == eta


def test_a_lease_of_one_tag_jumps_to_whatever_is_next_and_takes_its_tag(jumping):
    queue = jumping()
    for name, tag in [("a", "red"), ("b", "blue"), ("c", "red")]:
        queue.insert(name, tag=tag, eta=queue.now(plus=1))

    assert names(queue.lease(9, group_by_tag=True)) == ["a", "c"]


def test_another_queue_is_no_reason_to_jump(jumping):
    queue = jumping()
    before = queue.now()
    queue.beside(name="other").insert("a", eta=queue.now(plus=1))

    assert queue.lease() == []
    assert queue.now() == before


def test_spent_tasks_are_deleted_on_the_way_and_the_bound_holds_for_the_whole_way(jumping):
    queue = jumping(settings=QueueSettings(retry_limit=1))
    for name in ("a", "b"):
        queue.insert(name)
    queue.lease(seconds=20)
    queue.lease(seconds=40)
    queue.insert("c", eta=queue.now(plus=61))
    queue.insert("d", eta=queue.now(plus=60))

    assert names(queue.lease()) == ["d"]
    assert names(queue.listing()) == ["c", "d"]


def test_a_paused_queue_is_no_reason_to_jump(jumping):
    queue = jumping(settings=QueueSettings(paused=True))
    before = queue.now()
    queue.insert("a", eta=queue.now(plus=1))

    assert queue.lease() == []
    assert queue.now() == before


def test_a_repeated_lease_call_does_not_jump_again(jumping):
    queue = jumping()
    queue.insert("a", eta=queue.now(plus=1))
    queue.insert("b", eta=queue.now(plus=2))

    leased = queue.lease(seconds=30, attempt="i")

    assert queue.lease(seconds=30, attempt="i") == leased
    assert names(leased) == ["a"]
    assert queue.now() == leased[0].eta - 30 * MICROSECONDS


def test_there_is_no_jump_beyond_the_end_of_time(jumping):
    queue = jumping(limits=BY_NAME["relaxed"])
    queue.move(queue.control.set(LATEST - 1))
    queue.insert("a", eta=LATEST + 1)

    assert queue.lease() == []
    assert queue.now() == LATEST - 1


def test_a_running_clock_jumps_too_and_goes_on_from_there(jumping):
    queue = jumping()
    queue.move(queue.control.scale(2))
    queue.clock.advance(10)
    eta = queue.now(plus=30)
    queue.insert("a", eta=eta)

    assert names(queue.lease()) == ["a"]
    queue.clock.advance(1)
    assert queue.now() == eta + 2 * MICROSECONDS
