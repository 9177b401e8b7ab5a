"""When kept leases are renewed, by a virtual clock; the thread that does it is tested together/."""

from __future__ import annotations

import logging

import pytest

from tests.tqsdk.batches import ids
from tqsdk import (
    ArgumentError,
    Client,
    ConnectError,
    LeaseLostError,
    RequestTimeoutError,
    RetryBudget,
)
from tqsdk.keeping import Keeping
from tqsdk.lanes import Lanes, together
from tqsdk.testing import ScriptedTransport, answer, refusal
from tqsdk.transport import Response

LEASE_LOST = refusal(400, "The task lease has expired.", code="TASK_LEASE_EXPIRED")


class Renewing(ScriptedTransport):
    """Renews whatever is asked, and notes when; *fail* may give another answer."""

    def __init__(self, clock, a_task, leased):
        super().__init__()
        self.at = []
        self.fail = None
        self._clock = clock
        self._a_task = a_task
        self._leased = leased

    def send(self, request, timeout):
        self.requests.append(request)
        self.timeouts.append(timeout)
        if request.url.endswith("/lease?numTasks=9&leaseSecs=60"):
            return self._leased
        self.at.append(round(self._clock.monotonic(), 3))
        failure = self.fail and self.fail()
        if isinstance(failure, Exception):
            raise failure
        return failure or answer(self._a_task(leaseTimestamp=str(len(self.at) + 100)))


@pytest.fixture
def kept(a_task, clock):
    """Lease tasks named by letters for 60 seconds, and what runs when they are kept."""

    def make(names="a", seconds=60, **settings):
        tasks = [a_task(id=name, leaseTimestamp="5", retry_count=1) for name in names]
        transport = Renewing(clock, a_task, answer({"items": tasks}))
        client = Client("p", transport=transport, clock=clock, **settings)
        leases = client.queue("q").lease(max_tasks=9, seconds=60)
        lost = []
        keeping = Keeping(client, leases, seconds, lost.append, random=lambda low, high: 1 / 3)
        return client, leases, keeping, transport, lost

    return make


def run(client, keeping, clock, *, until):
    """What the thread does, until a time, when the block ends."""
    lanes = Lanes(client.endpoint, clock)
    for renewal in keeping.renewals:
        lanes.start(renewal)
    while clock.monotonic() < until:
        wait = client.run(lanes.turn())
        if wait is None:
            return
        clock.sleep(min(wait, until - clock.monotonic()))
    keeping.stop()
    lanes.wake(keeping.renewals)
    client.run(together(lanes))


def test_a_lease_is_renewed_each_time_a_third_of_it_has_passed(kept, clock):
    client, [lease], keeping, transport, lost = kept()

    run(client, keeping, clock, until=70)

    assert transport.at == [20, 40, 60]
    assert (lease.seconds_left, lease.task.lease_token) == (50, 103)
    assert (lost, keeping.lost) == ([], ())
    keeping.raise_if_lost()


def test_a_longer_lease_is_left_as_it_is(kept, clock):
    client, [lease], keeping, transport, _ = kept(seconds=30)

    run(client, keeping, clock, until=55)

    assert transport.at == [40, 50]
    assert lease.seconds_left == 25


def test_a_shorter_lease_is_renewed_at_once(kept, clock):
    client, [lease], keeping, transport, _ = kept(seconds=600)

    run(client, keeping, clock, until=10)

    assert transport.at == [0]
    assert lease.seconds_left == 590


def test_leases_of_one_call_are_renewed_in_one_request(kept, clock):
    client, leases, keeping, transport, _ = kept("abc")
    transport.fail = lambda: Response(503)

    run(client, keeping, clock, until=20.01)

    assert [len(ids(request)) for request in transport.requests[1:2]] == [3]
    assert len(leases) == 3


def test_what_the_block_renewed_is_not_renewed_before_its_time(kept, clock):
    client, [lease], keeping, transport, _ = kept()
    clock.advance(15)
    lease.renew(60)

    run(client, keeping, clock, until=36)

    assert transport.at == [15, 35]


@pytest.mark.parametrize("end", [lambda lease: lease.delete(), lambda lease: lease.release()])
def test_a_lease_that_the_block_ended_is_no_longer_renewed_nor_lost(kept, clock, end):
    client, [lease], keeping, transport, lost = kept()
    end(lease)

    run(client, keeping, clock, until=100)

    assert transport.at == [0]
    assert (lost, keeping.renewals[0].done) == ([], True)


def test_a_lease_that_the_block_ends_while_a_renewal_waits_for_it_is_not_lost(kept, clock):
    client, [lease], keeping, transport, lost = kept(seconds=600)
    deleting = Lanes(client.endpoint, clock)
    deleting.add(lease._deletion(missing_ok=False))
    keeper = Lanes(client.endpoint, clock)
    keeper.start(keeping.renewals[0])
    client.run(keeper.turn())
    assert transport.at == []  # it waits

    client.run(together(deleting))
    client.run(together(keeper))

    assert [request.method for request in transport.requests[1:]] == ["DELETE"]
    assert lost == []


def test_a_lost_lease_is_told_at_once_and_again_at_the_end(kept, clock, caplog):
    client, [lease], keeping, transport, lost = kept()
    transport.fail = lambda: LEASE_LOST

    with caplog.at_level(logging.WARNING, logger="tqsdk"):
        run(client, keeping, clock, until=100)

    assert (lost, keeping.lost, lease.settled) == ([lease], (lease,), True)
    assert transport.at == [20]
    assert "is lost" in caplog.text
    with pytest.raises(LeaseLostError):
        keeping.raise_if_lost()


def test_a_failing_server_is_asked_until_the_lease_ends(kept, clock):
    client, [lease], keeping, transport, lost = kept()
    transport.fail = lambda: ConnectError("refused")

    run(client, keeping, clock, until=100)

    assert len(transport.at) > 5
    assert (transport.at[0], transport.at[-1] < 60) == (20, True)
    assert (lost, clock.monotonic() < 60) == ([lease], True)
    with pytest.raises(LeaseLostError, match="could not be renewed") as caught:
        keeping.raise_if_lost()
    assert caught.value.task == "a"


def test_a_server_that_comes_back_in_time_renews(kept, clock):
    client, [lease], keeping, transport, lost = kept(retry_budget=None)
    transport.fail = lambda: ConnectError("refused") if clock.monotonic() < 30 else None

    run(client, keeping, clock, until=59)

    assert lost == []
    assert lease.seconds_left > 10


def test_a_used_up_budget_costs_no_lease(kept, clock):
    client, _, keeping, transport, lost = kept(retry_budget=RetryBudget(0))
    transport.fail = lambda: ConnectError("refused") if len(transport.at) < 3 else None

    run(client, keeping, clock, until=59)

    assert lost == []


def test_a_silent_server_leaves_time_for_more_attempts(kept, clock):
    client, _, keeping, transport, lost = kept()

    def silence():
        clock.advance(transport.timeouts[-1].read)
        return RequestTimeoutError("no answer") if len(transport.at) < 3 else None

    transport.fail = silence

    run(client, keeping, clock, until=59)

    assert (lost, transport.timeouts[1].read) == ([], pytest.approx(10))


def test_a_lease_that_ran_out_before_is_lost(kept, clock):
    client, [lease], keeping, transport, lost = kept()
    clock.advance(61)

    run(client, keeping, clock, until=100)

    assert (lost, transport.at) == ([lease], [])


def test_a_callback_that_fails_harms_nobody(kept, clock, caplog):
    client, leases, _, transport, _ = kept("ab")
    transport.fail = lambda: LEASE_LOST if len(transport.at) == 1 else None

    def fail(lease):
        raise KeyError(lease.name)

    keeping = Keeping(client, leases, 60, fail, random=lambda low, high: 1 / 3)
    lanes = Lanes(client.endpoint, clock, most_parts=1)
    for renewal in keeping.renewals:
        lanes.start(renewal)
    clock.advance(20)
    client.run(lanes.turn())
    client.run(lanes.turn())

    assert [lease.name for lease in keeping.lost] == ["a"]
    assert leases[1].seconds_left == 60
    assert "on_lost failed" in caplog.text


@pytest.mark.parametrize("seconds", [0, -1, 1.5, 604_801])
def test_what_no_lease_can_last_is_refused(kept, seconds):
    with pytest.raises(ArgumentError, match="seconds"):
        kept(seconds=seconds)


def test_renewals_are_not_all_at_the_same_share(kept):
    client, leases, *_ = kept()

    shares = {Keeping(client, leases, 60, None)._left_when_renewed for _ in range(9)}

    assert len(shares) > 1
    assert all(38 <= share <= 42 for share in shares)
