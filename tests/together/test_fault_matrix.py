"""Every operation of tqsdk under every fault: exactly one effect, or an error that says so.

What goes wrong is done on sockets, and what has happened is read from the server.
"""

from __future__ import annotations

import pytest

from tests.together.drivers import SDK_DRIVERS
from tests.together.faults import FAULTS, RETRY_AFTER, NoConnection
from tests.together.matrix import BY_NAME, OPERATIONS, End, end_of
from tests.together.relay import Fate
from tqsdk import AmbiguousResultError, TaskQueueError

# Who wants no name made gives up what a repetition is known by.
CANNOT_BE_REPEATED = {"insert, dedupe=False"}

every_driver = pytest.mark.parametrize("make_driver", SDK_DRIVERS.values(), ids=SDK_DRIVERS)
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.name)


@every_driver
@every_operation
@every_fault
def test_an_operation_is_done_once_or_if_it_cannot_be_repeated_in_doubt(
    server, make_driver, operation, fault
):
    end = end_of(operation, fault, server, make_driver)

    repeatable = operation.name not in CANNOT_BE_REPEATED
    assert_ended_well(end, in_doubt=False if repeatable else fault.may_be_done)


# One that resets a single connection cannot last, silence would take long, and what is left of a
# short answer that is cut may still be an answer.
LASTING = [
    each
    for each in FAULTS
    if not each.is_slow and each.how not in (NoConnection.RESET, Fate.CUT_IN_HEAD, Fate.CUT_IN_BODY)
]


@every_driver
@every_operation
@pytest.mark.parametrize("fault", LASTING, ids=lambda each: each.name)
def test_a_fault_that_lasts_is_an_error_that_is_ambiguous_if_there_may_be_an_effect(
    server, make_driver, operation, fault
):
    end = end_of(operation, fault, server, make_driver, lasting=True)

    assert isinstance(end.error, TaskQueueError)
    if operation.changes:
        assert end.error.ambiguous == fault.may_be_done
        assert end.effects <= fault.may_be_done


@every_driver
@every_fault
def test_a_lease_of_a_server_that_does_not_know_attempts_is_never_counted_twice(
    server, make_driver, fault
):
    end = end_of(BY_NAME["lease"], fault, server, make_driver, hides_attempts=True)

    assert_ended_well(end, in_doubt=fault.may_be_done)


@every_driver
def test_the_server_is_not_asked_again_before_it_said(server, make_driver):
    [throttled] = [each for each in FAULTS if "Retry-After" in each.name]

    end = end_of(BY_NAME["insert"], throttled, server, make_driver)

    [waited] = end.waited
    assert RETRY_AFTER <= waited <= RETRY_AFTER + 0.1


def assert_ended_well(end: End, *, in_doubt: bool | None) -> None:
    """It was done once; or, where that is *in doubt* (None: perhaps), the client says so."""
    if end.error is None:
        assert not in_doubt
        assert (end.effects, end.is_true) == (1, True)
    else:
        assert in_doubt is not False
        assert isinstance(end.error, AmbiguousResultError)
        assert end.effects <= 1
