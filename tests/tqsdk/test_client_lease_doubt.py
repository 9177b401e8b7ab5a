"""A renewal whose answer never came, be it lost, interrupted or cancelled: is the lease known?"""

from __future__ import annotations

import json

import pytest

from tqsdk import ArgumentError, ConnectError, LeaseLostError, RetryPolicy, ServerError
from tqsdk.testing import answer, refusal

OLD, NEW = 100_000_000, 700_000_000  # ends of the lease, in the server's microseconds


@pytest.fixture
def leasing(scripted, a_task):
    """A lease of 60 seconds, and the answers to what is done with it."""

    def make(*answers):
        task = a_task(leaseTimestamp=str(OLD), retry_count=1)
        client, transport = scripted(answer({"items": [task]}), *answers, retry=RetryPolicy.none())
        return client.queue("q").lease(), transport

    return make


def sent(transport):
    return [each.method for each in transport.requests[1:]]


def token(request):
    return json.loads(request.body)["leaseTimestamp"]


def interrupt(request):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("lost", "error"), [(refusal(500, "x"), ServerError), (interrupt, KeyboardInterrupt)]
)
def test_after_a_lost_renewal_the_lease_is_looked_at_before_it_is_released(
    leasing, a_task, lost, error
):
    stored = answer(a_task(leaseTimestamp=str(NEW), retry_count=1))
    [lease], transport = leasing(lost, stored, answer(a_task()))

    with pytest.raises(error):
        lease.renew(600)
    lease.release()

    assert sent(transport) == ["POST", "GET", "POST"]
    assert token(transport.requests[-1]) == str(NEW)
    assert lease.settled


def test_after_a_lost_renewal_a_lease_lasts_as_the_server_has_it(leasing, a_task, clock):
    stored = answer(a_task(leaseTimestamp=str(NEW), retry_count=1))
    [lease], _ = leasing(refusal(500, "x"), stored, ConnectError("x"))

    with pytest.raises(ServerError):
        lease.renew(600)
    assert lease.seconds_left == 60
    with pytest.raises(ConnectError):
        lease.renew(600)

    assert lease.seconds_left == 60 + (NEW - OLD) / 1_000_000


def test_a_lost_renewal_that_would_have_shortened_the_lease_is_reckoned_with(
    leasing, a_task, clock
):
    leases, transport = leasing(
        refusal(500, "x"), answer(a_task(leaseTimestamp=str(OLD), retry_count=1)), answer(a_task())
    )

    with leases:
        with pytest.raises(ServerError):
            leases[0].renew(5)
        assert leases[0].seconds_left == 5
        clock.advance(6)
        assert leases[0].seconds_left == 0

    assert sent(transport) == ["POST", "GET", "POST"]


@pytest.mark.parametrize("missing", [True, False])
def test_a_lease_that_others_have_now_is_lost(leasing, a_task, missing):
    stored = answer(a_task(leaseTimestamp=str(NEW), retry_count=2))
    gone = refusal(400, "no", code="UNKNOWN_TASK")
    lost = refusal(400, "The task lease has expired.")
    [lease], transport = leasing(refusal(500, "x"), gone if missing else stored, lost)

    with pytest.raises(ServerError):
        lease.renew(600)
    with pytest.raises(LeaseLostError):
        lease.renew(600)

    assert token(transport.requests[-1]) == str(OLD)
    assert lease.settled


@pytest.mark.parametrize("failure", [ConnectError("x"), refusal(429, "x"), ArgumentError("x")])
def test_a_renewal_that_was_certainly_not_made_leaves_no_doubt(leasing, a_task, failure):
    [lease], transport = leasing(failure, answer(a_task()))

    with pytest.raises(type(failure) if isinstance(failure, Exception) else Exception):
        lease.renew(5)
    assert lease.seconds_left == 60
    lease.release()

    assert sent(transport) == ["POST", "POST"]


def test_a_doubt_that_could_not_be_settled_stays(leasing, a_task):
    stored = answer(a_task(leaseTimestamp=str(NEW), retry_count=1))
    [lease], transport = leasing(refusal(500, "x"), ConnectError("x"), stored, answer(a_task()))

    for error in (ServerError, ConnectError):
        with pytest.raises(error):
            lease.renew(600)
    lease.release()

    assert sent(transport) == ["POST", "GET", "GET", "POST"]
    assert token(transport.requests[-1]) == str(NEW)
