from __future__ import annotations

import threading

import pytest

from tqsdk import (
    AmbiguousResultError,
    ConfigError,
    ConnectError,
    RequestTimeoutError,
    RetryBudget,
    RetryPolicy,
    ServerError,
)
from tqsdk.retry import Failure
from tqsdk.testing import answer, refusal

EMPTY = answer({"kind": "taskqueues#tasks"})
DOWN = refusal(500, "down")
THROTTLED = refusal(429, "slow down", reason="rateLimitExceeded")


def test_a_repetition_costs_14_and_5_if_the_server_asked_for_it():
    budget = RetryBudget(100)

    budget.take(Failure.AMBIGUOUS)
    budget.take(Failure.NOT_SENT)
    budget.take(Failure.THROTTLED)

    assert budget.left == 100 - 14 - 14 - 5


def test_a_part_of_a_batch_pays_its_part():
    budget = RetryBudget(14)

    assert [budget.take(Failure.AMBIGUOUS, 0.5) for _ in range(3)] == [7, 7, None]


def test_success_gives_back_what_it_took(scripted):
    budget = RetryBudget(100)
    client, _ = scripted(DOWN, THROTTLED, EMPTY, retry_budget=budget)

    client.queue("q").list()

    assert budget.left == 100


def test_a_success_at_once_fills_the_bucket_by_one_up_to_its_size(scripted):
    budget = RetryBudget(15)
    budget.take(Failure.AMBIGUOUS)
    client, _ = scripted(*[EMPTY] * 20, retry_budget=budget)

    client.queue("q").list()
    after_one = budget.left
    for _ in range(19):
        client.queue("q").list()

    assert (after_one, budget.left) == (2, 15)


def test_when_much_fails_each_operation_is_tried_once(scripted):
    budget = RetryBudget(3 * 14)
    client, transport = scripted(*[DOWN] * 5, retry_budget=budget)

    with pytest.raises(ServerError) as first:
        client.queue("q").list()
    with pytest.raises(ServerError) as second:
        client.queue("q").list()

    assert len(transport.requests) == 4 + 1
    assert "retry budget" in first.value.__notes__[0]
    assert second.value.attempts == 1


def test_an_empty_budget_leaves_a_repeated_lease_ambiguous(scripted):
    client, transport = scripted(
        RequestTimeoutError("x"),
        lambda request: answer({"id": "q"}, headers=echo(request)),
        ConnectError("refused"),
        retry_budget=RetryBudget(14 + 13),
    )

    with pytest.raises(AmbiguousResultError, match="refused"):
        client.queue("q").lease()

    assert len(transport.requests) == 3


def echo(request):
    return {"X-TaskQueue-Attempt": request.header("X-TaskQueue-Attempt")}


def test_a_client_has_a_budget_of_500_of_its_own(scripted):
    client, transport = scripted(*[DOWN] * 70, retry=RetryPolicy(attempts=60, base=0))

    with pytest.raises(ServerError):
        client.queue("q").list()

    assert len(transport.requests) == 500 // 14 + 1


def test_a_client_without_a_budget_has_no_bound(scripted):
    client, transport = scripted(
        *[DOWN] * 60, retry=RetryPolicy(attempts=60, base=0), retry_budget=None
    )

    with pytest.raises(ServerError):
        client.queue("q").list()

    assert len(transport.requests) == 60


def test_many_threads_take_no_more_than_there_is():
    budget = RetryBudget(14 * 1000)
    taken = []

    def take():
        taken.extend(budget.take(Failure.AMBIGUOUS) for _ in range(300))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(cost is not None for cost in taken) == 1000
    assert budget.left == 0


@pytest.mark.parametrize("size", [-1, float("nan")])
def test_a_size_that_makes_no_sense_is_refused(size):
    with pytest.raises(ConfigError, match="size"):
        RetryBudget(size)
