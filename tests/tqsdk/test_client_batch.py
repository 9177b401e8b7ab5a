"""Many calls at once: what is sent together, what waits for whom, and whose error is whose."""

from __future__ import annotations

import json
import logging

import pytest

from tests.tqsdk.batches import answering, ids, multipart, part, parts
from tqsdk import (
    AccessToken,
    AmbiguousResultError,
    ApiError,
    ArgumentError,
    ConfigError,
    ConnectError,
    DeadlineExceededError,
    NotFoundError,
    RequestTimeoutError,
    RetryBudget,
    RetryPolicy,
    ServerError,
    TaskExistsError,
    TaskNotFoundError,
)
from tqsdk.calls import get_queue
from tqsdk.lanes import Lanes, together
from tqsdk.testing import answer, refusal
from tqsdk.transport import Response

BUSY = refusal(503, "Backend Error", code="TRANSIENT_ERROR")
LOST = RequestTimeoutError("no answer within 30 s")
EXISTS = refusal(400, "Task name is invalid.", code="TASK_ALREADY_EXISTS")
UNKNOWN = refusal(400, "Task name is invalid.", code="UNKNOWN_TASK")
AT_ONCE = RetryPolicy(base=0)


def busy(seconds):
    headers = {"Retry-After": str(seconds)}
    return refusal(503, "Backend Error", code="TRANSIENT_ERROR", headers=headers)


def sent(transport):
    """How many parts each request had; 0 for one that is no batch."""
    return [len(ids(request)) for request in transport.requests]


def tasks(a_task, names):
    return [answer(a_task(id=name)) for name in names]


@pytest.fixture
def getting(scripted):
    """A batch that gets tasks named by letters, and what answers it."""

    def make(names, *answers, **settings):
        client, transport = scripted(*answers, **{"retry": AT_ONCE, **settings})
        batch = client.batch()
        planned = [batch.get(client.queue("q"), name) for name in names]
        return batch, planned, transport

    return make


class TestResults:
    def test_results_are_typed_and_belong_to_their_calls(self, scripted, a_task):
        queue_answer = answer({"kind": "taskqueues#taskqueue", "stats": {"totalTasks": 3}})
        client, transport = scripted(
            answering(answer(a_task()), Response(204), answer({"items": [a_task()]}), queue_answer)
        )
        queue = client.queue("q")

        with client.batch() as batch:
            inserted = batch.insert(queue, "hello", tag="red")
            deleted = batch.delete(queue, "t2")
            leased = batch.lease(queue, max_tasks=5)
            stats = batch.stats(queue)
            assert transport.requests == []

        assert inserted.result().name == "t1"
        assert deleted.result() is None
        assert [lease.name for lease in leased.result()] == ["t1"]
        assert stats.result().total_tasks == 3
        assert sent(transport) == [4]

    def test_execute_gives_all_that_was_planned_in_order_and_begins_anew(self, getting, a_task):
        batch, planned, _ = getting("ab", answering(*tasks(a_task, "ab")))

        assert len(batch) == 2
        assert batch.execute() == planned
        assert [each.result().name for each in planned] == ["a", "b"]
        assert (len(batch), batch.execute()) == (0, [])

    def test_leases_are_renewed_released_and_deleted(self, scripted, a_task):
        leased = [a_task(id=name, leaseTimestamp="5", retry_count=1) for name in "abc"]
        client, _ = scripted(
            answer({"items": leased}),
            answering(answer(a_task(id="a", leaseTimestamp="9")), answer(a_task()), Response(204)),
        )
        a, b, c = client.queue("q").lease(max_tasks=3)

        with client.batch() as batch:
            batch.renew(a, 600)
            batch.release(b)
            batch.delete(c)

        assert (a.task.lease_token, a.settled, a.seconds_left) == (9, False, 600)
        assert (b.settled, c.settled) == (True, True)

    def test_steps_with_one_lease_follow_one_another(self, scripted, a_task):
        client, transport = scripted(
            answer({"items": [a_task(leaseTimestamp="5", retry_count=1)]}),
            answer(a_task(leaseTimestamp="9")),
            answer(a_task()),
        )
        [lease] = client.queue("q").lease()

        with client.batch() as batch:
            renewed, released = batch.renew(lease), batch.release(lease)

        assert (renewed.error, released.error) == (None, None)
        assert json.loads(transport.requests[2].body)["leaseTimestamp"] == "9"

    def test_calls_made_by_hand_can_be_planned(self, scripted):
        client, _ = scripted(answering(answer({"maxLeases": 5}), answer({"maxLeases": 6})))

        with client.batch() as batch:
            planned = [batch.perform(get_queue("p", name)) for name in "qr"]

        assert [each.result().name for each in planned] == ["q", "r"]

    def test_there_is_no_result_before_execution(self, getting):
        _, [planned], _ = getting("a")

        assert not planned.done
        with pytest.raises(RuntimeError, match="execute"):
            planned.result()

    def test_a_block_that_fails_sends_nothing(self, getting):
        batch, [planned], transport = getting("a")

        with pytest.raises(KeyError), batch:
            raise KeyError("x")

        assert (transport.requests, planned.done) == ([], False)

    def test_deadlines_count_from_the_execution(self, scripted, a_task, clock):
        client, _ = scripted(answer(a_task()))
        batch = client.batch(deadline=5)
        planned = batch.get(client.queue("q"), "a")
        clock.advance(60)

        batch.execute()

        assert planned.result().name == "t1"


class TestErrors:
    def test_each_part_fails_alone(self, getting, a_task):
        batch, [a, b, c], _ = getting("abc", answering(*tasks(a_task, "a"), UNKNOWN, EXISTS))

        batch.execute()

        assert a.result().name == "a"
        assert (type(b.error), b.error.task, b.error.attempts) == (TaskNotFoundError, "b", 1)
        with pytest.raises(ApiError) as caught:
            c.result()
        assert caught.value is c.error

    def test_an_argument_that_is_refused_here_is_the_error_of_its_call(self, scripted, a_task):
        client, transport = scripted(answer(a_task()))

        with client.batch() as batch:
            bad = batch.insert(client.queue("q"), "x", name="no good")
            good = batch.insert(client.queue("q"), "hello")

        assert isinstance(bad.error, ArgumentError)
        assert good.result().name == "t1"
        assert sent(transport) == [0]

    def test_a_reader_that_fails_hurts_no_other(self, scripted):
        client, _ = scripted(answering(answer({}), answer({})))
        broken = get_queue("p", "q")
        object.__setattr__(broken, "read", lambda data: data["nothing"])

        with client.batch() as batch:
            bad, good = batch.perform(broken), batch.info(client.queue("q"))

        assert isinstance(bad.error, KeyError)
        assert good.result().name == "q"

    def test_errors_that_nobody_asks_for_are_logged(self, getting, caplog):
        batch, _, _ = getting("ab", answering(UNKNOWN, UNKNOWN))

        with caplog.at_level(logging.WARNING, logger="tqsdk"), batch:
            pass

        assert "2 calls of a batch failed, the first: tasks.get" in caplog.text

    def test_each_error_is_of_its_own(self, getting):
        batch, planned, _ = getting("ab", LOST, retry=RetryPolicy.none())

        batch.execute()

        assert [each.error.task for each in planned] == ["a", "b"]


class TestFailuresOfTheWholeRequest:
    def test_not_sent_is_not_sent_for_every_part(self, getting, a_task):
        not_sent = ConnectError("refused")
        batch, planned, transport = getting("ab", not_sent, answering(*tasks(a_task, "ab")))

        batch.execute()

        assert [each.error for each in planned] == [None, None]
        assert sent(transport) == [2, 2]

    def test_a_lost_answer_is_settled_for_every_part(self, scripted, a_task):
        stored = [answer(a_task(b"1")), answer(a_task(b"2"))]
        client, transport = scripted(
            LOST, answering(EXISTS, EXISTS), answering(*stored), retry=AT_ONCE
        )
        queue = client.queue("q")

        with client.batch() as batch:
            one, two = batch.insert(queue, b"1"), batch.insert(queue, b"2")

        assert (one.result().deduplicated, two.result().deduplicated) == (True, True)
        assert sent(transport) == [2, 2, 2]
        assert all(b"GET " in each[:4] for each in parts(transport.requests[2]))

    def test_what_is_not_repeatable_stays_ambiguous(self, scripted):
        client, transport = scripted(LOST)
        queue = client.queue("q")

        with client.batch() as batch:
            planned = [batch.insert(queue, b"x", dedupe=False) for _ in range(2)]

        assert [type(each.error) for each in planned] == [RequestTimeoutError] * 2
        assert sent(transport) == [2]

    def test_a_refusal_of_all_is_each_ones_refusal(self, getting, a_task, clock):
        batch, planned, _ = getting("ab", busy(7), answering(*tasks(a_task, "ab")))

        batch.execute()

        assert [each.result().name for each in planned] == ["a", "b"]
        assert clock.sleeps == [7]

    def test_a_success_that_is_no_batch_is_ambiguous(self, scripted):
        client, _ = scripted(answer({}))
        queue = client.queue("q")

        with client.batch() as batch:
            planned = [batch.insert(queue, b"x", dedupe=False) for _ in range(2)]

        assert [type(each.error) for each in planned] == [AmbiguousResultError] * 2
        assert "no readable part" in str(planned[0].error)

    def test_a_missing_part_is_asked_for_again_alone(self, getting, a_task):
        def without_b(request):
            a, _ = ids(request)
            return multipart([part(a, answer(a_task(id="a")))])

        batch, planned, transport = getting("ab", without_b, answer(a_task(id="b")))

        batch.execute()

        assert [each.result().name for each in planned] == ["a", "b"]
        assert sent(transport) == [2, 0]

    @pytest.mark.parametrize("status", [404, 405, 501])
    def test_a_server_without_batches_gets_one_after_the_other(self, getting, a_task, status):
        batch, planned, transport = getting("ab", Response(status), *tasks(a_task, "ab"))

        batch.execute()

        assert [each.result().name for each in planned] == ["a", "b"]
        assert sent(transport) == [2, 0, 0]

    def test_where_nothing_is_every_call_says_so(self, getting):
        batch, planned, _ = getting("ab", *[Response(404, {}, b"nothing here")] * 3)

        batch.execute()

        assert [type(each.error) for each in planned] == [NotFoundError] * 2

    def test_a_batch_that_is_too_large_is_halved(self, getting, a_task):
        two = tasks(a_task, "ab"), tasks(a_task, "cd")
        batch, planned, transport = getting(
            "abcd", Response(413), answering(*two[0]), answering(*two[1])
        )

        batch.execute()

        assert [each.result().name for each in planned] == list("abcd")
        assert sent(transport) == [4, 2, 2]

    def test_one_lost_answer_costs_the_budget_of_one_request(self, scripted, a_task):
        budget = RetryBudget()
        names = [str(number) for number in range(100)]
        client, _ = scripted(
            LOST, answering(*tasks(a_task, names)), retry=AT_ONCE, retry_budget=budget
        )
        queue = client.queue("q")

        with client.batch() as batch:
            planned = [batch.get(queue, name) for name in names]

        assert [each.error for each in planned if each.error] == []
        assert budget.left == pytest.approx(500)

    def test_what_the_transport_cannot_send_is_everyones_error(self, getting):
        batch, planned, _ = getting("ab", ConfigError("cannot send"))

        batch.execute()

        assert [type(each.error) for each in planned] == [ConfigError] * 2


class TestPauses:
    def test_a_paused_part_holds_up_no_other(self, getting, a_task, clock):
        def when(name):
            return lambda request: at.append((name, clock.monotonic())) or answer(a_task(id=name))

        at = []
        batch, planned, _ = getting(
            "ab", answering(busy(60), refusal(500, "x")), when("b"), when("a")
        )

        batch.execute()

        assert [each.result().name for each in planned] == ["a", "b"]
        assert at == [("b", 0), ("a", 60)]

    def test_what_is_due_at_about_the_same_time_goes_together(self, getting, a_task, clock):
        batch, planned, transport = getting(
            "abcd",
            answering(busy(5), busy(5), busy(5), busy(60)),
            answering(*tasks(a_task, "abc")),
            *tasks(a_task, "d"),
            retry=RetryPolicy(base=0.05),
        )

        batch.execute()

        assert [each.result().name for each in planned] == list("abcd")
        assert (sent(transport), clock.monotonic()) == ([4, 3, 0], pytest.approx(60, abs=0.2))

    def test_every_part_keeps_to_its_deadline(self, getting, clock):
        batch, planned, _ = getting("ab", answering(busy(60), UNKNOWN), deadline=30)

        batch.execute()

        assert [type(each.error) for each in planned] == [DeadlineExceededError, TaskNotFoundError]
        assert clock.monotonic() == 0

    def test_attempts_are_counted_for_each_part(self, getting, a_task):
        batch, [a, b], transport = getting(
            "ab", answering(*tasks(a_task, "a"), BUSY), BUSY, BUSY, retry=RetryPolicy(attempts=3)
        )

        batch.execute()

        assert a.result().name == "a"
        assert (type(b.error), b.error.attempts) == (ServerError, 3)
        assert sent(transport) == [2, 0, 0]


class TestSizes:
    def test_a_request_has_at_most_1000_parts(self, scripted, a_task):
        client, transport = scripted(
            answering(*tasks(a_task, "x" * 1000)), answering(*tasks(a_task, "x" * 500))
        )

        with client.batch() as batch:
            planned = [batch.get(client.queue("q"), "x") for _ in range(1500)]

        assert all(each.error is None for each in planned)
        assert sent(transport) == [1000, 500]

    def test_a_request_is_no_larger_than_allowed(self, scripted, a_task, clock):
        answers = [answering(*tasks(a_task, "xx"))] * 2 + [answer(a_task())]
        client, transport = scripted(*answers)
        lanes = Lanes(client.endpoint, clock, most_bytes=5000)
        queue = client.queue("q")
        batch = client.batch()
        planned = [batch.insert(queue, b"x" * 1200) for _ in range(5)]

        for each in planned:
            lanes.start(each)
        client.run(together(lanes))

        assert sent(transport) == [2, 2, 0]
        assert all(len(request.body) < 5000 for request in transport.requests)


class TestAuthorization:
    @pytest.fixture
    def tokens(self):
        asked = []

        def source():
            asked.append(f"token-{len(asked)}")
            return AccessToken(asked[-1])

        source.asked = asked
        return source

    def test_a_token_is_sent_once_for_all(self, getting, a_task, tokens):
        batch, _, transport = getting("ab", answering(*tasks(a_task, "ab")), credentials=tokens)

        batch.execute()

        [request] = transport.requests
        assert request.header("Authorization") == "Bearer token-0"
        assert b"token-0" not in request.body

    @pytest.mark.parametrize("all_of_it", [True, False])
    def test_a_rejected_token_is_renewed_once_for_all(self, getting, a_task, tokens, all_of_it):
        rejected = refusal(401, "Invalid Credentials", reason="authError")
        batch, planned, transport = getting(
            "abc",
            rejected if all_of_it else answering(rejected, rejected, rejected),
            answering(*tasks(a_task, "abc")),
            credentials=tokens,
        )

        batch.execute()

        assert [each.result().name for each in planned] == list("abc")
        assert tokens.asked == ["token-0", "token-1"]
        assert transport.requests[1].header("Authorization") == "Bearer token-1"
        assert sent(transport) == [3, 3]

    def test_a_taken_name_stays_taken(self, scripted):
        client, _ = scripted(answering(EXISTS, EXISTS))

        with client.batch() as batch:
            planned = [batch.insert(client.queue("q"), b"x", name=name) for name in "ab"]

        assert [type(each.error) for each in planned] == [TaskExistsError] * 2
