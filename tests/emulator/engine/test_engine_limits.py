"""The three sets of limits: what each allows, to the last byte."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.engine.errors import RefusedError
from emulator.engine.limits import BY_NAME, RELAXED, STANDARD, STRICT
from tests.emulator.engine.one_queue import names

MEBIBYTE = 1 << 20


@pytest.mark.parametrize("limits", [STANDARD, STRICT])
def test_a_payload_has_a_mebibyte_whatever_its_name_and_tag(a_queue, limits):
    queue = a_queue(limits=limits)

    assert queue.insert("n" * 500, tag="t" * 500, payload=b"x" * MEBIBYTE)
    with pytest.raises(RefusedError, match="TASK_TOO_LARGE: the payload has 1048577 bytes"):
        queue.insert("a", payload=b"x" * (MEBIBYTE + 1))


def test_relaxed_limits_lift_sizes_and_spans(a_queue):
    queue = a_queue(limits=RELAXED)
    queue.insert("a", payload=b"x" * (MEBIBYTE + 1), tag="t" * 501)
    queue.insert("b", payload=b"x" * (MEBIBYTE + 1))
    queue.insert("later", eta=queue.now(plus=31 * 86_400))

    leased = queue.lease(5_000, seconds=30 * 86_400)

    assert names(leased) == ["a", "b"]
    assert queue.renew(leased[0], seconds=30 * 86_400).eta == queue.now(plus=30 * 86_400)


@pytest.mark.parametrize(("count", "seconds"), [(0, 60), (1, -1)])
def test_relaxed_limits_do_not_lift_what_makes_no_sense(a_queue, count, seconds):
    queue = a_queue(limits=RELAXED)

    with pytest.raises(RefusedError, match="must be at least"):
        queue.lease(count, seconds=seconds)


def test_under_strict_limits_the_eleventh_lease_call_in_a_second_is_empty(a_queue):
    queue = a_queue(limits=STRICT)
    for number in range(20):
        queue.insert(f"{number:02}")

    given = [len(queue.lease()) for _ in range(12)]

    assert given == [1] * 10 + [0] * 2


def test_under_strict_limits_lease_calls_come_back_after_a_second(a_queue):
    queue = a_queue(limits=STRICT)
    for number in range(20):
        queue.insert(f"{number:02}")
    for _ in range(10):
        queue.lease()

    queue.clock.advance(0.999999)
    assert queue.lease() == []

    queue.clock.advance(0.000001)
    assert len(queue.lease()) == 1


def test_under_strict_limits_each_queue_has_lease_calls_of_its_own(a_queue):
    queue = a_queue(limits=STRICT)
    for _ in range(11):
        queue.lease()
    other = queue.beside(name="other")
    other.insert("a")

    assert names(other.lease()) == ["a"]


def test_under_standard_limits_lease_calls_are_not_counted(queue):
    for number in range(50):
        queue.insert(f"{number:02}")

    assert [len(queue.lease()) for _ in range(50)] == [1] * 50


def test_the_sets_are_known_by_name():
    assert BY_NAME == {"standard": STANDARD, "strict": STRICT, "relaxed": RELAXED}


def test_a_lease_call_that_asks_for_too_much_can_be_given_as_much_as_is_allowed(a_queue):
    queue = a_queue(limits=replace(STANDARD, tasks_per_lease=2, clamps_lease_calls=True))
    for name in "abc":
        queue.insert(name)

    leased = queue.lease(1_001, seconds=604_801)

    assert names(leased) == ["a", "b"]
    assert leased[0].eta == queue.now(plus=604_800)
