"""Renewing and releasing: whose lease it is, and until when."""

from __future__ import annotations

import pytest

from emulator.engine.errors import Code, RefusedError
from emulator.engine.model import LeaseToken, QueueSettings
from tests.emulator.engine.one_queue import names, refused


@pytest.fixture
def leased(queue):
    """A task ``a`` that is leased for a minute."""
    queue.insert("a", payload=b"work", tag="red")
    return queue.lease(seconds=60)[0]


def test_a_renewal_runs_from_now_and_not_from_the_old_end(queue, leased):
    queue.clock.advance(20)

    renewed = queue.renew(leased, seconds=100)

    assert renewed.eta == queue.now(plus=100)
    assert (renewed.retry_count, renewed.payload, renewed.tag) == (1, b"work", "red")
    assert queue.get("a") == renewed


def test_a_renewal_can_make_a_lease_shorter(queue, leased):
    queue.renew(leased, seconds=5)

    queue.clock.advance(5)

    assert names(queue.lease()) == ["a"]


def test_no_seconds_release_the_task_at_once_and_keep_the_count(queue, leased):
    released = queue.renew(leased, seconds=0)

    assert released.retry_count == 1
    assert queue.lease()[0].retry_count == 2


def test_a_lease_can_be_renewed_until_just_before_its_end(queue, leased):
    queue.clock.advance(59.999999)

    assert queue.renew(leased, seconds=60).eta == queue.now(plus=60)


def test_at_the_instant_of_its_end_a_lease_is_over(queue, leased):
    queue.clock.advance(60)

    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(leased)


def test_a_released_task_cannot_be_renewed(queue, leased):
    released = queue.renew(leased, seconds=0)

    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(released)


def test_after_a_renewal_only_the_new_end_proves_the_lease(queue, leased):
    queue.clock.advance(1)
    renewed = queue.renew(leased)

    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(leased)
    assert queue.renew(renewed)


def test_the_holder_before_cannot_renew_the_lease_of_the_next(queue, leased):
    queue.clock.advance(60)
    queue.lease()

    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(leased)


def test_leases_that_end_together_are_told_apart_by_their_count(queue, leased):
    queue.renew(leased, seconds=0)
    second = queue.lease(seconds=60)[0]
    assert second.eta == leased.eta

    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(leased)
    assert queue.renew(second).retry_count == 2


@pytest.mark.parametrize("off_by", [-1, 1])
def test_the_end_must_be_right_to_the_microsecond(queue, leased, off_by):
    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(leased, token=LeaseToken(eta=leased.eta + off_by))


def test_the_end_alone_is_enough(queue, leased):
    assert queue.renew(leased, token=LeaseToken(eta=leased.eta))


def test_an_empty_token_trusts_whatever_lease_is_live(queue, leased):
    assert queue.renew(leased, seconds=9, token=LeaseToken()).eta == queue.now(plus=9)

    queue.clock.advance(9)
    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(leased, token=LeaseToken())


def test_a_task_that_was_never_leased_has_no_lease_to_renew(queue):
    task = queue.insert("a")

    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(task)


def test_a_task_that_waits_for_its_eta_can_be_moved(queue):
    task = queue.insert("a", eta=queue.now(plus=100))

    moved = queue.renew(task, seconds=0)

    assert moved.retry_count == 0
    assert names(queue.lease()) == ["a"]


def test_a_task_that_never_was_is_unknown_and_a_deleted_one_is_buried(queue, leased):
    queue.delete("a")
    with refused(Code.TOMBSTONED_TASK):
        queue.renew(leased)

    with refused(Code.UNKNOWN_TASK):
        queue.renew(leased._replace(name="never"))


@pytest.mark.parametrize("seconds", [-1, 604_801])
def test_a_renewal_is_for_a_week_at_most(queue, leased, seconds):
    with pytest.raises(RefusedError, match=r"seconds is .* from 0 to 604800"):
        queue.renew(leased, seconds=seconds)


def test_a_refused_renewal_changes_nothing(queue, leased):
    with refused(Code.TASK_LEASE_EXPIRED):
        queue.renew(leased, seconds=600, token=LeaseToken(eta=1))

    assert queue.get("a") == leased


def test_a_paused_queue_refuses_renewals(a_queue):
    queue = a_queue(settings=QueueSettings(paused=True))
    task = queue.insert("a", eta=queue.now(plus=60))

    with refused(Code.QUEUE_PAUSED):
        queue.renew(task)
