from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tqsdk import (
    AmbiguousResultError,
    ApiError,
    ConfigError,
    ConnectError,
    DeadlineExceededError,
    RequestTimeoutError,
    Response,
    RetryPolicy,
    ServerError,
    TaskQueueError,
)
from tqsdk.errors import refusal
from tqsdk.retry import Failure, classify, wish
from tqsdk.testing import VirtualClock, answer
from tqsdk.testing import refusal as refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AN_EMPTY_LIST = answer({"kind": "taskqueues#tasks"})


def an_error(status: int, reason: str = "x", code: str | None = None) -> ApiError:
    response = refused(status, "x", reason=reason, code=code)
    return refusal("taskqueue.tasks.list", response, queue="q", task=None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectError("x"), Failure.NOT_SENT),
        (RequestTimeoutError("x"), Failure.AMBIGUOUS),
        (AmbiguousResultError("x"), Failure.AMBIGUOUS),
        (ConfigError("x"), Failure.PERMANENT),
        (an_error(429), Failure.THROTTLED),
        (an_error(403, "rateLimitExceeded"), Failure.THROTTLED),
        (an_error(403, "userRateLimitExceeded"), Failure.THROTTLED),
        (an_error(403, "dailyLimitExceeded"), Failure.PERMANENT),
        (an_error(403, "forbidden"), Failure.PERMANENT),
        (an_error(503, code="TRANSIENT_ERROR"), Failure.THROTTLED),
        (an_error(500, code="TRANSIENT_ERROR"), Failure.AMBIGUOUS),
        (an_error(503), Failure.AMBIGUOUS),
        (an_error(500), Failure.AMBIGUOUS),
        (an_error(502), Failure.AMBIGUOUS),
        (an_error(504), Failure.AMBIGUOUS),
        (ServerError("x", status=200, reason="invalidResponse"), Failure.AMBIGUOUS),
        (an_error(400), Failure.PERMANENT),
        (an_error(401), Failure.PERMANENT),
        (an_error(404), Failure.PERMANENT),
    ],
)
def test_failures_are_told_apart(error, expected):
    assert classify(error) is expected


@given(st.integers(1, 2000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_between_nothing_and_a_doubling_cap(attempt, drawn):
    policy = RetryPolicy(attempts=10_000)

    wait = policy.wait(ConnectError("x"), attempt=attempt, random=lambda: drawn)

    assert wait is not None
    assert 0 <= wait <= min(20.0, 0.1 * 2 ** min(attempt - 1, 60))


def test_the_last_attempt_and_a_permanent_failure_have_no_wait():
    policy = RetryPolicy(attempts=3)

    assert policy.wait(ConnectError("x"), attempt=2) is not None
    assert policy.wait(ConnectError("x"), attempt=3) is None
    assert policy.wait(an_error(400), attempt=1) is None
    assert RetryPolicy.none().wait(ConnectError("x"), attempt=1) is None


def test_what_the_server_asks_for_is_the_least_wait():
    error = an_error(429)
    error.retry_after = 7.0

    wait = RetryPolicy().wait(error, attempt=1, random=lambda: 0.5)

    assert wait == pytest.approx(7.05)


def test_a_server_that_asks_for_too_much_is_not_asked_again():
    error = an_error(429)
    error.retry_after = 121.0

    assert RetryPolicy().wait(error, attempt=1) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"Retry-After": "3", "Retry-After-Ms": "250"}, 0.25),
        ({"Retry-After": "3", "Retry-After-Ms": "soon"}, 3.0),
        ({"Retry-After": " 0 "}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "9" * 5000}, float("9" * 18)),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        ({"Retry-After": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        (
            {
                "Retry-After": "Thu, 01 Jan 2026 01:00:30 GMT",
                "Date": "Thu, 01 Jan 2026 01:00:20 GMT",
            },
            10.0,
        ),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers, expected):
    assert wish(Response(429, headers), NOW) == expected


@pytest.mark.parametrize("bad", [{"attempts": 0}, {"base": -1}, {"cap": -1}])
def test_a_policy_that_makes_no_sense_is_refused(bad):
    with pytest.raises(ConfigError):
        RetryPolicy(**bad)


def test_a_read_is_repeated_after_every_kind_of_passing_failure(scripted, clock):
    client, transport = scripted(
        ConnectError("x"), refused(429, "x"), RequestTimeoutError("x"), refused(503, "x"),
        AN_EMPTY_LIST,
    )  # fmt: skip

    assert client.queue("q").list() == []
    assert len(transport.requests) == 5
    assert len(clock.sleeps) == 4


def test_the_last_real_error_is_raised_with_what_it_took(scripted, clock):
    client, _ = scripted(*[refused(500, "first")] * 4, refused(502, "last"))

    with pytest.raises(ServerError, match="last") as caught:
        client.queue("q").list()

    assert caught.value.attempts == 5
    assert caught.value.elapsed == sum(clock.sleeps)
    assert caught.value.operation == "taskqueue.tasks.list"


def test_the_wait_is_as_long_as_the_server_asked(scripted, clock):
    client, _ = scripted(refused(429, "x", headers={"Retry-After": "9"}), AN_EMPTY_LIST)

    client.queue("q").list()

    assert 9 <= clock.sleeps[0] <= 9.1


def test_a_date_to_come_back_at_is_compared_with_the_clients_clock(scripted, clock):
    until = (clock.now() + timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    client, _ = scripted(refused(429, "x", headers={"Retry-After": until}), AN_EMPTY_LIST)

    client.queue("q").list()

    assert 9 <= clock.sleeps[0] <= 9.1


def test_a_server_that_asks_for_hours_gets_no_further_request(scripted, clock):
    client, _ = scripted(refused(429, "x", headers={"Retry-After": "3600"}))

    with pytest.raises(ApiError) as caught:
        client.queue("q").list()

    assert caught.value.retry_after == 3600
    assert clock.sleeps == []


def test_no_wait_goes_beyond_the_deadline(scripted, clock):
    client, _ = scripted(refused(503, "x", headers={"Retry-After": "9"}))

    with pytest.raises(DeadlineExceededError) as caught:
        client.queue("q").list(deadline=5)

    assert isinstance(caught.value.__cause__, ServerError)
    assert caught.value.ambiguous is False
    assert clock.sleeps == []


def test_a_deadline_that_passed_during_a_change_says_that_it_is_unsure(scripted):
    client, _ = scripted(refused(503, "x", headers={"Retry-After": "9"}))

    with pytest.raises(DeadlineExceededError) as caught:
        client.queue("q").insert(b"x", deadline=5)

    assert caught.value.ambiguous is True
    assert len(caught.value.task) == 32


def test_each_attempt_gets_no_more_time_than_is_left(scripted, clock):
    def slow(request):
        clock.advance(4)
        raise ConnectError("x")

    client, transport = scripted(slow, AN_EMPTY_LIST)

    client.queue("q").list(deadline=10, timeout=(5, 30))

    first, second = transport.timeouts
    assert (first.connect, first.read) == (5, 10)
    assert second.connect <= 5
    assert second.read <= 6


def test_a_policy_for_one_call_wins_over_the_clients(scripted):
    client, transport = scripted(ConnectError("x"), retry=RetryPolicy(attempts=9))

    with pytest.raises(ConnectError):
        client.queue("q").list(retry=RetryPolicy.none())

    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("answers", "unsure"),
    [
        ([ConnectError("x"), refused(403, "no")], False),
        ([RequestTimeoutError("x"), refused(403, "no")], True),
        ([refused(500, "x"), *[ConnectError("x")] * 4], True),
    ],
)
def test_an_error_says_whether_an_earlier_attempt_may_have_been_carried_out(
    scripted, answers, unsure
):
    client, _ = scripted(*answers)

    with pytest.raises(TaskQueueError) as caught:
        client.queue("q").insert(b"x")

    assert caught.value.ambiguous is unsure
    assert ("may have been carried out" in str(caught.value)) is unsure


def test_a_deadline_that_passes_while_waiting_names_the_last_failure(scripted, clock):
    class SlowClock(VirtualClock):
        def sleep(self, seconds):
            super().sleep(seconds + 60)

    client, _ = scripted(refused(503, "x"), clock=SlowClock())

    with pytest.raises(DeadlineExceededError) as caught:
        client.queue("q").list(deadline=30)

    assert isinstance(caught.value.__cause__, ServerError)


def test_an_attempt_that_begins_when_its_time_is_up_has_a_timeout_that_can_be_kept(scripted):
    class Ticking(VirtualClock):
        """Moves on whenever it is looked at."""

        def monotonic(self) -> float:
            self.advance(0.01)
            return super().monotonic()

    for deadline in range(1, 20):
        client, transport = scripted(
            *[ConnectError("refused")] * 5, clock=Ticking(), retry=RetryPolicy(base=0)
        )

        with pytest.raises((ConnectError, DeadlineExceededError)):
            client.queue("q").list(deadline=deadline / 100)

        assert all(timeout.read > 0 for timeout in transport.timeouts)
