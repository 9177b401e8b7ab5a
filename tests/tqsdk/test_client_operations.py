"""What each operation does when an answer is lost; LOST stands for any ambiguous failure."""

from __future__ import annotations

import json

import pytest

from tqsdk import (
    AmbiguousResultError,
    ArgumentError,
    ConnectError,
    LeaseLostError,
    RequestTimeoutError,
    ServerError,
    TaskExistsError,
    TaskNotFoundError,
    TaskTombstonedError,
)
from tqsdk.testing import answer, refusal

LOST = RequestTimeoutError("no answer within 30 s")
NOT_SENT = ConnectError("refused")
EXISTS = refusal(400, "Task name is invalid.", code="TASK_ALREADY_EXISTS")
TOMBSTONED = refusal(400, "Task name is invalid.", code="TOMBSTONED_TASK")
NAME_IS_INVALID = refusal(400, "Task name is invalid.")
UNKNOWN = refusal(404, "Task name does not exist.", reason="notFound")
LEASE_LOST = refusal(400, "The task lease has expired.")
START = 1_800_000_000_000_000  # the server's clock when the client's monotonic one shows 0


def name_in(request):
    return json.loads(request.body)["id"]


def leased(scripted, a_task, *answers, seconds=60, name="t1"):
    """A lease of 60 seconds, begun at 0, and the transport that goes on with *answers*."""
    token = str(START + seconds * 1_000_000)
    task = a_task(id=name, leaseTimestamp=token, retry_count=1)
    client, transport = scripted(answer({"items": [task]}), *answers)
    return client.queue("q").lease(seconds=seconds)[0], transport


class TestInsert:
    def test_a_repeated_insert_keeps_its_generated_name(self, scripted, a_task):
        client, transport = scripted(LOST, NOT_SENT, refusal(503, "x"), answer(a_task()))

        client.queue("q").insert(b"hello")

        assert len({name_in(request) for request in transport.requests}) == 1
        assert len(name_in(transport.requests[0])) == 32

    @pytest.mark.parametrize("taken", [EXISTS, NAME_IS_INVALID])
    def test_a_name_taken_after_a_lost_answer_is_our_own_task(self, scripted, a_task, taken):
        client, transport = scripted(LOST, taken, answer(a_task(b"hello", tag="red")))

        task = client.queue("q").insert(b"hello", tag="red")

        assert task.deduplicated is True
        assert task.payload == b"hello"
        assert transport.requests[2].method == "GET"

    @pytest.mark.parametrize("other", [{"payload": b"else"}, {"tag": "blue"}])
    def test_a_different_task_of_that_name_is_not_ours(self, scripted, a_task, other):
        client, _ = scripted(LOST, EXISTS, answer(a_task(**{"payload": b"hello", **other})))

        with pytest.raises(TaskExistsError):
            client.queue("q").insert(b"hello", name="t1")

    def test_a_name_taken_at_once_is_an_error(self, scripted):
        client, transport = scripted(EXISTS)

        with pytest.raises(TaskExistsError):
            client.queue("q").insert(b"hello", name="t1")

        assert len(transport.requests) == 1

    def test_a_name_taken_after_a_request_never_sent_is_an_error(self, scripted):
        client, _ = scripted(NOT_SENT, EXISTS)

        with pytest.raises(TaskExistsError):
            client.queue("q").insert(b"hello", name="t1")

    @pytest.mark.parametrize("gone", [[TOMBSTONED], [NAME_IS_INVALID, UNKNOWN], [EXISTS, UNKNOWN]])
    def test_a_generated_name_already_deleted_means_that_it_was_stored(self, scripted, clock, gone):
        client, transport = scripted(LOST, *gone)

        task = client.queue("q").insert("hello", tag="red")

        assert task.deduplicated is True
        assert (task.payload, task.tag, task.queue) == (b"hello", "red", "q")
        assert task.name == name_in(transport.requests[0])

    @pytest.mark.parametrize("gone", [[TOMBSTONED], [NAME_IS_INVALID, UNKNOWN]])
    def test_a_users_name_already_deleted_may_have_been_another_task(self, scripted, gone):
        client, _ = scripted(LOST, *gone)

        with pytest.raises(TaskTombstonedError) as caught:
            client.queue("q").insert(b"hello", name="t1")

        assert caught.value.ambiguous is True
        assert caught.value.task == "t1"

    def test_a_users_name_deleted_before_is_not_ambiguous(self, scripted):
        client, _ = scripted(TOMBSTONED)

        with pytest.raises(TaskTombstonedError) as caught:
            client.queue("q").insert(b"hello", name="t1")

        assert caught.value.ambiguous is False

    def test_without_dedupe_the_server_names_the_task(self, scripted, a_task):
        client, transport = scripted(NOT_SENT, refusal(429, "x"), answer(a_task()))

        client.queue("q").insert(b"hello", dedupe=False)

        assert "id" not in json.loads(transport.requests[2].body)

    def test_without_dedupe_a_lost_answer_is_not_risked_twice(self, scripted):
        client, transport = scripted(LOST)

        with pytest.raises(AmbiguousResultError):
            client.queue("q").insert(b"hello", dedupe=False)

        assert len(transport.requests) == 1

    def test_without_dedupe_a_failing_server_leaves_it_open_too(self, scripted):
        client, _ = scripted(refusal(503, "Backend Error"))

        with pytest.raises(AmbiguousResultError, match="503 Backend Error") as caught:
            client.queue("q").insert(b"hello", dedupe=False)

        assert isinstance(caught.value.__cause__, ServerError)


class TestLease:
    def test_a_promise_that_nothing_was_done_is_repeated(self, scripted):
        throttled = refusal(503, "x", code="TRANSIENT_ERROR")
        client, transport = scripted(NOT_SENT, throttled, refusal(429, "x"), answer({}))

        assert len(client.queue("q").lease()) == 0
        assert len(transport.requests) == 4

    def test_every_attempt_of_one_call_carries_the_same_id(self, scripted):
        client, transport = scripted(LOST, LOST, answer({}), answer({}))
        queue = client.queue("q")

        queue.lease(retry_ambiguous=True)
        queue.lease()

        ids = [request.header("X-TaskQueue-Attempt") for request in transport.requests]
        assert ids[0] == ids[1] == ids[2]
        assert ids[3] != ids[0]

    def test_a_lease_is_timed_from_the_attempt_that_may_have_begun_it(
        self, scripted, a_task, clock
    ):
        def slow_and_lost(request):
            clock.advance(30)
            raise LOST

        client, _ = scripted(slow_and_lost, answer({"items": [a_task()]}))

        (lease,) = client.queue("q").lease(seconds=60, retry_ambiguous=True)

        assert lease.seconds_left == pytest.approx(60 - 30 - clock.sleeps[0])

    def test_a_lease_is_not_timed_from_an_attempt_that_was_never_sent(
        self, scripted, a_task, clock
    ):
        def slow_and_refused(request):
            clock.advance(30)
            raise NOT_SENT

        def slow(request):
            clock.advance(2)
            return answer({"items": [a_task()]})

        client, _ = scripted(slow_and_refused, slow)

        (lease,) = client.queue("q").lease(seconds=60)

        assert lease.seconds_left == pytest.approx(58)


class TestRenew:
    def test_a_renewal_sends_the_newest_token_and_the_retry_count(self, scripted, a_task):
        renewed = [answer(a_task(leaseTimestamp=str(START + n), retry_count=1)) for n in (1, 2)]
        lease, transport = leased(scripted, a_task, *renewed)

        lease.renew(100)
        lease.renew(100)

        bodies = [json.loads(request.body) for request in transport.requests[1:]]
        assert [body["leaseTimestamp"] for body in bodies] == [
            str(START + 60_000_000),
            str(START + 1),
        ]
        assert bodies[0]["retry_count"] == 1
        assert bodies[0]["queueName"] == "q"
        assert lease.seconds_left == 100
        assert lease.payload == b"hello"

    def test_a_renewal_whose_answer_was_lost_is_found_and_adopted(self, scripted, a_task, clock):
        token = START + 100_000_000
        stored = answer(a_task(leaseTimestamp=str(token), retry_count=1))
        lease, _ = leased(scripted, a_task, LOST, LEASE_LOST, stored)

        lease.renew(100)

        assert lease.task.lease_token == token
        assert lease.seconds_left == pytest.approx(100 - sum(clock.sleeps))

    @pytest.mark.parametrize(
        "stored",
        [
            {"retry_count": 2, "leaseTimestamp": str(START + 100_000_000)},  # leased by another
            {"retry_count": 1, "leaseTimestamp": str(START + 60_000_000)},  # not renewed
            {"retry_count": 1, "leaseTimestamp": str(START)},  # released
        ],
    )
    def test_a_lease_changed_by_others_is_lost(self, scripted, a_task, stored):
        lease, _ = leased(scripted, a_task, LOST, LEASE_LOST, answer(a_task(**stored)))

        with pytest.raises(LeaseLostError):
            lease.renew(100)

        assert lease.settled

    def test_a_lease_whose_task_is_deleted_is_lost(self, scripted, a_task):
        lease, _ = leased(scripted, a_task, LOST, LEASE_LOST, UNKNOWN)

        with pytest.raises(LeaseLostError):
            lease.renew(100)

    def test_a_lease_lost_at_once_is_not_looked_up(self, scripted, a_task):
        lease, transport = leased(scripted, a_task, LEASE_LOST)

        with pytest.raises(LeaseLostError):
            lease.renew(100)

        assert len(transport.requests) == 2

    def test_a_task_called_lease_is_renewed_by_patch(self, scripted, a_task):
        renewed = answer(a_task(id="lease", leaseTimestamp=str(START + 1), retry_count=1))
        lease, transport = leased(scripted, a_task, renewed, name="lease")

        lease.renew(100)

        assert transport.requests[1].method == "PATCH"
        assert json.loads(transport.requests[1].body)["leaseTimestamp"] == str(START + 60_000_000)


class TestReleaseAndDelete:
    def test_a_release_gives_the_task_zero_seconds(self, scripted, a_task):
        lease, transport = leased(scripted, a_task, answer(a_task()))

        lease.release()

        assert transport.requests[1].url.endswith("/tasks/t1?newLeaseSeconds=0")
        assert lease.settled

    def test_a_lease_lost_after_a_lost_answer_is_released(self, scripted, a_task):
        lease, transport = leased(scripted, a_task, LOST, LEASE_LOST)

        lease.release()

        assert lease.settled
        assert len(transport.requests) == 3

    def test_a_release_of_a_lease_lost_before_says_so(self, scripted, a_task):
        lease, _ = leased(scripted, a_task, LEASE_LOST)

        with pytest.raises(LeaseLostError):
            lease.release()

    @pytest.mark.parametrize("gone", [NAME_IS_INVALID, TOMBSTONED, UNKNOWN])
    def test_a_task_gone_after_a_lost_answer_is_deleted(self, scripted, gone):
        client, transport = scripted(LOST, gone)

        client.queue("q").delete("t1")

        assert len(transport.requests) == 2

    def test_a_task_gone_before_is_an_error_unless_allowed(self, scripted):
        client, _ = scripted(NOT_SENT, NAME_IS_INVALID, NAME_IS_INVALID)
        queue = client.queue("q")

        with pytest.raises(TaskNotFoundError):
            queue.delete("t1")
        queue.delete("t1", missing_ok=True)


def test_a_call_made_by_hand_is_repeated_only_if_it_changes_nothing(scripted):
    from tqsdk import calls

    client, transport = scripted(LOST, answer({}), LOST)

    client.perform(calls.list_tasks("p", "q"))
    with pytest.raises(AmbiguousResultError):
        client.perform(calls.delete_task("p", "q", "t"))

    assert len(transport.requests) == 3


def test_a_bad_argument_is_refused_before_anything_is_sent(scripted):
    client, transport = scripted()

    with pytest.raises(ArgumentError):
        client.queue("q").delete("no such/name")

    assert transport.requests == []
