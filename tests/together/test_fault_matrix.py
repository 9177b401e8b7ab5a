"""Every operation of tqsdk under every fault: exactly one effect, or an error that says so.

What goes wrong is done on sockets, and what has happened is read from the server.
"""

from __future__ import annotations

import pytest

from tests.together.drivers import SDK_DRIVERS
from tests.together.faults import FAULTS, RETRY_AFTER, Fault, NoConnection
from tests.together.matrix import OPERATIONS, Operation, end_of
from tests.together.relay import Fate
from tqsdk import AmbiguousResultError, TaskQueueError

BY_NAME = {each.name: each for each in OPERATIONS}

# Who wants no name made gives up what a repetition is known by.
CANNOT_BE_REPEATED = {"insert, dedupe=False"}

every_driver = pytest.mark.parametrize("make_driver", SDK_DRIVERS.values(), ids=SDK_DRIVERS)
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.name)


@every_driver
@every_operation
@every_fault
def test_an_operation_has_one_effect_or_ends_in_an_error_that_it_may(
    server, make_driver, operation, fault
):
    end = end_of(operation, fault, server, make_driver)

    assert type_of(end.error) in expected(operation, fault)
    if end.error is None:
        assert (end.effects, end.is_true) == (1, True)
    else:
        assert end.effects <= 1


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

    if end.error is None:
        assert not fault.may_be_done
        assert (end.effects, end.is_true) == (1, True)
    else:
        assert fault.may_be_done is not False
        assert isinstance(end.error, AmbiguousResultError)
        assert end.effects <= 1


@every_driver
def test_the_server_is_not_asked_again_before_it_said(server, make_driver):
    [throttled] = [each for each in FAULTS if "Retry-After" in each.name]

    end = end_of(BY_NAME["insert"], throttled, server, make_driver)

    [waited] = end.waited
    assert RETRY_AFTER <= waited <= RETRY_AFTER + 0.1


def expected(operation: Operation, fault: Fault) -> set[type[Exception] | None]:
    """What the operation may end in: None is success."""
    if operation.name not in CANNOT_BE_REPEATED or fault.may_be_done is False:
        return {None}
    return {AmbiguousResultError} if fault.may_be_done else {None, AmbiguousResultError}


def type_of(error: Exception | None) -> type[Exception] | None:
    """The kind of *error*; one of a time-out is of the kind of those that leave doubt."""
    return (
        AmbiguousResultError if isinstance(error, AmbiguousResultError) else error and type(error)
    )
