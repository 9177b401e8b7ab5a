from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from tqsdk import Response, errors
from tqsdk.errors import refusal
from tqsdk.testing import refusal as refused

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, errors.TaskQueueError)
]

ABSTRACT = (errors.TransportError,)  # raised as one of its subclasses


def read(method: str, response: Response, task: str | None = "t") -> errors.ApiError:
    return refusal(f"taskqueue.{method}", response, queue="q", task=task)


@pytest.mark.parametrize(
    ("method", "code", "expected"),
    [
        ("tasks.insert", "TASK_ALREADY_EXISTS", errors.TaskExistsError),
        ("tasks.insert", "TOMBSTONED_TASK", errors.TaskTombstonedError),
        ("tasks.insert", "INVALID_TASK_NAME", errors.InvalidArgumentError),
        ("tasks.insert", "TASK_TOO_LARGE", errors.PayloadTooLargeError),
        ("tasks.insert", "UNKNOWN_QUEUE", errors.QueueNotFoundError),
        ("tasks.delete", "TOMBSTONED_TASK", errors.TaskNotFoundError),
        ("tasks.delete", "UNKNOWN_TASK", errors.TaskNotFoundError),
        ("tasks.get", "UNKNOWN_TASK", errors.TaskNotFoundError),
        ("tasks.update", "TOMBSTONED_TASK", errors.LeaseLostError),
        ("tasks.update", "UNKNOWN_TASK", errors.LeaseLostError),
        ("tasks.patch", "TASK_LEASE_EXPIRED", errors.LeaseLostError),
        ("tasks.lease", "INVALID_REQUEST", errors.InvalidArgumentError),
        ("tasks.lease", "PERMISSION_DENIED", errors.PermissionDeniedError),
    ],
)
def test_the_header_code_decides_before_any_text(method, code, expected):
    response = refused(400, "Task name is invalid.", code=code)

    error = read(method, response)

    assert type(error) is expected
    assert error.code == code


@pytest.mark.parametrize(
    ("method", "status", "text", "expected"),
    [
        ("tasks.insert", 400, "Task name is invalid.", errors.TaskExistsError),
        ("tasks.insert", 409, "whatever", errors.TaskExistsError),
        ("tasks.delete", 400, "Task name is invalid.", errors.TaskNotFoundError),
        ("tasks.get", 404, "Task name does not exist.", errors.TaskNotFoundError),
        ("tasks.get", 400, "Task name does not exist.", errors.TaskNotFoundError),
        ("tasks.update", 400, "Task name is invalid.", errors.LeaseLostError),
        ("tasks.update", 400, "The task lease has expired.", errors.LeaseLostError),
        ("tasks.patch", 400, "queueName is invalid.", errors.InvalidArgumentError),
        ("tasks.lease", 404, "Queue not found.", errors.QueueNotFoundError),
        ("taskqueues.get", 404, "Not Found", errors.NotFoundError),
        ("tasks.insert", 400, "Task size too large.", errors.PayloadTooLargeError),
        ("tasks.insert", 413, "too much", errors.PayloadTooLargeError),
        ("tasks.list", 401, "Login Required", errors.UnauthenticatedError),
        ("tasks.list", 403, "no", errors.PermissionDeniedError),
        ("tasks.list", 429, "slow down", errors.RateLimitedError),
        ("tasks.list", 500, "Internal Error", errors.ServerError),
        ("tasks.list", 503, "Backend Error", errors.ServerError),
        ("tasks.list", 418, "teapot", errors.ApiError),
        ("tasks.list", 304, "", errors.ApiError),
    ],
)
def test_without_the_header_operation_status_and_text_decide(method, status, text, expected):
    assert type(read(method, refused(status, text))) is expected


@pytest.mark.parametrize(
    "reason",
    ["rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded"],
)
def test_a_forbidden_with_a_rate_reason_is_a_rate_limit(reason):
    error = read("tasks.lease", refused(403, "Rate Limit Exceeded", reason=reason))

    assert type(error) is errors.RateLimitedError


@pytest.mark.parametrize("task", [None, "bad name", "x" * 501])
def test_a_name_that_cannot_be_is_invalid_and_not_taken(task):
    error = read("tasks.insert", refused(400, "Task name is invalid."), task)

    assert type(error) is errors.InvalidArgumentError


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Bad Gateway</html>", b'{"error": 5}', b'{"error": {}}', b"null", b"\xff\xfe"],
)
def test_a_body_that_is_no_envelope_does_not_hide_the_status(body):
    error = read("tasks.list", Response(502, {"Content-Type": "text/html"}, body))

    assert type(error) is errors.ServerError
    assert (error.status, error.reason) == (502, None)
    assert error.message


def test_an_error_says_where_what_and_what_to_do():
    error = read("tasks.insert", refused(400, "Task name is invalid.", code="TASK_ALREADY_EXISTS"))
    error.attempts, error.elapsed = 3, 1.25

    assert str(error) == (
        "tasks.insert, queue 'q', task 't': 400 Task name is invalid. "
        "[invalid, TASK_ALREADY_EXISTS] (3 attempts in 1.2 s); "
        "choose another name, or get() the task that has it"
    )


def test_an_error_carries_the_id_of_its_request():
    response = refused(500, "x", headers={"x-request-id": "r1"})

    error = read("tasks.list", response)

    assert error.request_id == "r1"
    assert "[invalid, request r1]" in str(error)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_that_a_server_or_the_network_causes_says_what_to_do(kind):
    if issubclass(kind, errors.TransportError | errors.ApiError) and kind not in ABSTRACT:
        assert str(kind("x")).endswith(f"; {kind.advice}")
        assert len(kind.advice) > 10


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_is_named_error_documented_pickled_and_copied(kind):
    error = kind("x") if kind is not errors.ArgumentError else kind("tag", "is bad")
    error.attempts = 3
    error.add_note("seen in the night")

    for other in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(other) is kind
        assert str(other) == str(error)
        assert vars(other) == vars(error)
    assert kind.__name__.endswith("Error")
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.__doc__


def test_refusals_keep_their_facts_when_pickled():
    error = errors.TaskTombstonedError("x", ambiguous=True, status=400, task="t", retry_after=2.0)

    other = pickle.loads(pickle.dumps(error))

    assert other.ambiguous is True
    assert (other.status, other.task, other.retry_after) == (400, "t", 2.0)
