"""Leases that are asked for twice, because the first answer was lost."""

from __future__ import annotations

import pytest

from emulator.engine.errors import AttemptReusedError, Code
from emulator.engine.limits import STRICT
from emulator.engine.model import QueueSettings
from tests.emulator.engine.one_queue import names, refused


@pytest.fixture
def filled(queue):
    """A queue with tasks a, b and c."""
    for name in "abc":
        queue.insert(name, payload=name.encode(), tag="red")
    return queue


def test_a_repeated_lease_answers_the_same_tasks_and_counts_once(filled):
    leased = filled.lease(2, attempt="i")
    filled.clock.advance(59.999999)

    assert filled.lease(2, attempt="i") == leased
    assert [task.retry_count for task in leased] == [1, 1]
    assert filled.stats().leased_last_hour == 2


def test_another_id_and_no_id_lease_anew(filled):
    filled.lease(attempt="i")

    assert names(filled.lease(attempt="j")) == ["b"]
    assert names(filled.lease()) == ["c"]


def test_the_tasks_of_a_repeated_lease_can_be_renewed_and_deleted(filled):
    filled.lease(2, attempt="i")

    a, b = filled.lease(2, attempt="i")

    assert filled.renew(a, seconds=600).eta == filled.now(plus=600)
    filled.delete(b.name)


def test_what_was_deleted_renewed_or_released_since_is_left_out(filled):
    a, b, c = filled.lease(3, attempt="i")
    filled.clock.advance(1)

    filled.renew(a, seconds=0)
    assert names(filled.lease(3, attempt="i")) == ["b", "c"]
    filled.renew(b, seconds=60)
    assert names(filled.lease(3, attempt="i")) == ["c"]
    filled.delete(c.name)
    assert filled.lease(3, attempt="i") == []


def test_a_released_task_that_others_have_now_is_left_out(filled):
    [a] = filled.lease(seconds=60, attempt="i")
    filled.renew(a, seconds=0)
    filled.lease(seconds=60)  # until the same microsecond, but for the second time

    assert filled.get("a").eta == a.eta
    assert filled.lease(seconds=60, attempt="i") == []


def test_when_the_lease_has_ended_its_id_leases_anew(filled):
    filled.lease(seconds=60, attempt="i")
    filled.clock.advance(60)

    assert names(filled.lease(seconds=60, attempt="i")) == ["b"]
    assert names(filled.lease(seconds=60, attempt="i")) == ["b"]


def test_a_lease_of_nothing_is_asked_anew(queue):
    assert queue.lease(attempt="i") == []
    queue.insert("a")

    assert names(queue.lease(attempt="i")) == ["a"]


def test_a_lease_of_no_seconds_has_ended_before_it_can_be_repeated(filled):
    for count in (1, 2, 3):
        [task] = filled.lease(seconds=0, attempt="i")

        assert task.retry_count == count


@pytest.mark.parametrize(
    "other",
    [
        {"count": 2},
        {"seconds": 61},
        {"group_by_tag": True},
        {"tag": "red", "group_by_tag": True},
    ],
)
def test_an_id_that_comes_with_another_call_is_refused_until_its_lease_ends(filled, other):
    filled.lease(attempt="i")

    with pytest.raises(AttemptReusedError, match="'i' asked for something else") as caught:
        filled.lease(**other, attempt="i")
    filled.clock.advance(60)

    assert caught.value.code is Code.INVALID_REQUEST
    assert names(filled.lease(**other, attempt="i"))[0] == "b"


def test_an_id_is_of_its_queue(queue):
    other_name, other_project = queue.beside(name="q2"), queue.beside(project="p2")
    for each in (queue, other_name, other_project):
        each.insert("a")

    leases = [each.lease(attempt="i") for each in (queue, other_name, other_project)]

    assert [names(lease) for lease in leases] == [["a"]] * 3


def test_a_repetition_is_answered_where_a_new_lease_would_come_back_empty(a_queue):
    queue = a_queue(limits=STRICT)
    for number in range(20):
        queue.insert(f"t{number:02}")
    for number in range(10):
        queue.lease(attempt=f"i{number}")

    assert queue.lease(attempt="new") == []
    assert names(queue.lease(attempt="i3")) == ["t03"]


def test_a_paused_queue_gives_nothing_to_an_attempt_either(a_queue):
    queue = a_queue(settings=QueueSettings(paused=True))
    queue.insert("a")

    assert queue.lease(attempt="i") == []


@pytest.mark.parametrize("id", ["a", "A-_9" * 32])
def test_an_id_is_up_to_128_letters_digits_underscores_and_hyphens(filled, id):
    assert filled.lease(attempt=id) == filled.lease(attempt=id)


@pytest.mark.parametrize("id", ["", "a" * 129, "a b", "a\n", "å", "a,b", "a\r\nx: y"])
def test_another_id_is_refused(queue, id):
    with refused(Code.INVALID_REQUEST):
        queue.lease(attempt=id)


def test_attempts_are_forgotten_when_their_leases_have_ended(queue):
    ids = [f"i{number}" for number in range(40)]
    for id in ids[:20]:
        queue.insert()
        queue.lease(seconds=10, attempt=id)
    queue.clock.advance(10)
    assert queue.attempts_kept(ids) == 20

    for id in ids[20:]:
        queue.insert()
        queue.lease(seconds=60, attempt=id)

    assert queue.attempts_kept(ids[:20]) == 0
    assert queue.attempts_kept(ids[20:]) == 20
