"""insert_many, delete_many and lease_iter over scripts; over sockets they are tested together/."""

from __future__ import annotations

import copy
import json
import pickle
from base64 import b64decode

import pytest

from tests.tqsdk.batches import answering, ids, multipart, part, parts
from tqsdk import (
    ArgumentError,
    BulkInterruptedError,
    Client,
    ConnectError,
    DeleteReport,
    InsertReport,
    NewTask,
    QueueNotFoundError,
    RequestTimeoutError,
    RetryPolicy,
    ServerError,
)
from tqsdk.testing import answer, refusal
from tqsdk.transport import Response

EXISTS = refusal(400, "Task name is invalid.", code="TASK_ALREADY_EXISTS")
UNKNOWN = refusal(400, "Task name is invalid.", code="UNKNOWN_TASK")
BROKEN = refusal(500, "x")


class Storing:
    """A server that answers batches and single calls by *answer*, and keeps what was asked."""

    def __init__(self, answer):
        self.batches = []
        self.asked = []
        self._answer = answer

    def send(self, request, timeout):
        if "/batch/" not in request.url:
            return self._one(request.method, request.url, request.body)
        self.batches.append(len(ids(request)))
        pieces = []
        for id, text in zip(ids(request), parts(request), strict=True):
            head, _, body = text.partition(b"\r\n\r\n")
            method, path, _ = head.decode().split("\r\n")[0].split(" ")
            pieces.append(part(id, self._one(method, path, body)))
        return multipart(pieces)

    def _one(self, method, url, body):
        ask = json.loads(body) if body else {"id": url.rpartition("/")[2]}
        self.asked.append(ask)
        failure = self._answer(ask)
        if isinstance(failure, Exception):
            raise failure
        if failure is not None:
            return failure
        return Response(204) if method == "DELETE" else answer({**ask, "enqueueTimestamp": "1"})


@pytest.fixture
def storing(clock):
    """A queue, and the server, which stores all but for what *answer* gives another answer to."""

    def make(answer=lambda ask: None, **settings):
        server = Storing(answer)
        settings = {"retry": RetryPolicy.none(), "clock": clock, **settings}
        return Client("p", transport=server, **settings).queue("q"), server

    return make


class TestInsertMany:
    def test_payloads_and_tasks_are_stored_in_their_order(self, storing):
        queue, server = storing()

        report = queue.insert_many([b"1", "2", NewTask("3", name="n", tag="red")])

        assert report == InsertReport(stored=3)
        assert [ask["payloadBase64"] for ask in server.asked] == ["MQ==", "Mg==", "Mw=="]
        assert [server.asked[2][key] for key in ("id", "tag")] == ["n", "red"]
        assert server.asked[0]["id"] < server.asked[1]["id"]

    def test_requests_hold_1000_tasks(self, storing):
        queue, server = storing()

        report = queue.insert_many((str(number) for number in range(2500)), concurrency=1)

        assert report.stored == 2500
        assert server.batches == [1000, 1000, 500]

    def test_large_payloads_make_smaller_requests(self, storing):
        queue, server = storing()

        queue.insert_many([b"x" * 2**20] * 9, concurrency=1)

        assert server.batches == [4, 4]  # and one alone
        assert len(server.asked) == 9

    def test_names_ascend_in_the_order_of_the_tasks_whatever_overtakes(self, storing):
        queue, server = storing()

        queue.insert_many([f"{number:04}" for number in range(3000)], concurrency=4)

        stored = sorted((b64decode(ask["payloadBase64"]), ask["id"]) for ask in server.asked)
        names = [name for _, name in stored]
        assert names == sorted(names)

    def test_taken_names_are_duplicates_and_bad_tasks_fail_with_reasons(self, storing):
        queue, _ = storing(lambda ask: EXISTS if ask.get("id") == "b" else None)
        failed = []

        report = queue.insert_many(
            [NewTask("1", name="a"), NewTask("2", name="b"), NewTask("3", name="no good")],
            on_failure=lambda task, error: failed.append((task, type(error))),
        )

        assert (report.stored, report.duplicates, report.failed) == (1, 1, 1)
        [failure] = report.failures
        assert (failure.index, type(failure.error)) == (2, ArgumentError)
        assert failed == [(NewTask("3", name="no good"), ArgumentError)]

    def test_a_task_that_failed_is_told_under_the_name_it_may_be_stored_by(self, storing):
        queue, server = storing(lambda ask: BROKEN if ask["payloadBase64"] == "Mg==" else None)
        failed = []

        report = queue.insert_many(["1", "2"], on_failure=lambda *each: failed.append(each))

        [(task, error)] = failed
        assert (task.payload, task.name) == ("2", server.asked[1]["id"])
        assert (error.ambiguous, report.failures[0].name) == (True, task.name)

    def test_of_many_failures_the_first_hundred_are_kept_without_their_frames(self, storing):
        queue, _ = storing(lambda ask: BROKEN if ask["id"].startswith("bad") else None)
        names = ["good", *(f"bad{number}" for number in range(200))]

        report = queue.insert_many([NewTask("x", name=name) for name in names])

        assert (report.stored, report.failed, len(report.failures)) == (1, 200, 100)
        assert [each.name for each in report.failures] == names[1:101]
        assert {each.error.__traceback__ for each in report.failures} == {None}

    def test_progress_is_told_after_each_request(self, storing):
        queue, _ = storing()
        told = []

        queue.insert_many(["x"] * 2001, concurrency=1, progress=told.append)

        assert [report.stored for report in told] == [1000, 2000, 2001]

    def test_nothing_is_a_report_of_nothing(self, storing):
        queue, server = storing()

        assert queue.insert_many([]) == InsertReport()
        assert server.asked == []

    def test_no_more_is_read_than_there_is_room_for(self, storing):
        ahead = []
        queue, server = storing(lambda ask: ahead.append(read[0] - len(server.asked)))
        read = [0]

        def endless():
            for read[0] in range(1, 5_001):
                yield "x"

        queue.insert_many(endless(), concurrency=2)

        assert max(ahead) <= 2 * 1000

    def test_options_hold_for_each_task(self, storing, clock):
        queue, _ = storing(lambda ask: refusal(503, "x", headers={"Retry-After": "9"}))

        report = queue.insert_many(["1", "2"], retry=RetryPolicy(attempts=2, base=0), deadline=60)

        assert (report.failed, clock.sleeps) == (2, [9])
        assert report.failures[0].error.attempts == 2

    @pytest.mark.parametrize("tasks", ["text", b"bytes", bytearray(b"x")])
    def test_one_payload_is_not_taken_for_many(self, storing, tasks):
        queue, _ = storing()

        with pytest.raises(ArgumentError, match="several"):
            queue.insert_many(tasks)

    def test_concurrency_must_be_possible(self, storing):
        queue, _ = storing()

        with pytest.raises(ArgumentError, match="concurrency"):
            queue.insert_many(["x"], concurrency=0)


class TestInterruptions:
    def test_an_iterable_that_raises_leaves_a_report_of_all_that_was_read(self, storing):
        queue, server = storing()

        def broken():
            yield from ["x"] * 1500
            raise KeyError("gone")

        with pytest.raises(BulkInterruptedError, match="KeyError") as caught:
            queue.insert_many(broken())

        assert caught.value.report == InsertReport(stored=1500)
        assert isinstance(caught.value.__cause__, KeyError)
        assert len(server.asked) == 1500

    def test_what_is_no_payload_fails_alone_unless_all_are(self, storing):
        queue, _ = storing()

        report = queue.insert_many(["x", 5, "y"])

        assert (report.stored, report.failures[0].index) == (2, 1)
        assert isinstance(report.failures[0].error, TypeError)
        with pytest.raises(BulkInterruptedError, match="bytes or str, not int"):
            queue.insert_many(range(9000), concurrency=1)

    def test_a_callback_that_raises_stops_it(self, storing):
        queue, server = storing()

        def fail(report):
            if report.stored == 2000:
                raise KeyError("x")

        with pytest.raises(BulkInterruptedError) as caught:
            queue.insert_many(["x"] * 9000, concurrency=1, progress=fail)

        assert isinstance(caught.value.__cause__, KeyError)
        assert caught.value.report.stored == len(server.asked) == 2000

    @pytest.mark.parametrize(
        ("failure", "kind"),
        [
            (ConnectError("refused"), ConnectError),
            (RequestTimeoutError("silence"), RequestTimeoutError),
            (refusal(404, "The queue is unknown.", code="UNKNOWN_QUEUE"), QueueNotFoundError),
            (BROKEN, ServerError),
        ],
    )
    def test_reading_stops_when_all_of_a_request_fails(self, storing, failure, kind):
        queue, _ = storing(lambda ask: failure)
        read = []

        with pytest.raises(BulkInterruptedError) as caught:
            queue.insert_many((read.append(n) or "x" for n in range(10**6)), concurrency=2)

        assert isinstance(caught.value.__cause__, kind)
        assert caught.value.report.failed == len(read) == 2000

    def test_tasks_that_are_bad_in_themselves_stop_nothing(self, storing):
        queue, _ = storing(lambda ask: EXISTS)

        report = queue.insert_many([NewTask("x", name="a")] * 1500, concurrency=1)

        assert report.duplicates == 1500

    def test_with_nothing_left_to_read_there_is_nothing_to_stop(self, storing):
        queue, _ = storing(lambda ask: BROKEN)

        assert queue.insert_many(["x", "y"]).failed == 2

    def test_the_error_keeps_its_report_when_pickled_and_copied(self, storing):
        queue, _ = storing()

        def broken():
            yield NewTask("x", name="no good")
            raise KeyError("gone")

        with pytest.raises(BulkInterruptedError) as caught:
            queue.insert_many(broken())

        for other in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
            assert other.report.failed == 1
            assert str(other) == str(caught.value)


class TestDeleteMany:
    def test_tasks_are_deleted_and_missing_ones_counted(self, storing):
        queue, server = storing(lambda ask: UNKNOWN if ask["id"] == "b" else None)

        report = queue.delete_many(iter("abc"))

        assert report == DeleteReport(deleted=2, missing=1)
        assert [ask["id"] for ask in server.asked] == ["a", "b", "c"]

    def test_failures_are_told(self, storing):
        queue, _ = storing(lambda ask: BROKEN if ask["id"] == "b" else None)
        failed = []

        report = queue.delete_many(
            ["a", "b"], on_failure=lambda name, error: failed.append((name, type(error)))
        )

        assert (report.deleted, report.failed) == (1, 1)
        assert failed == [("b", ServerError)]

    def test_one_name_is_not_taken_for_many(self, storing):
        queue, _ = storing()

        with pytest.raises(ArgumentError, match="several"):
            queue.delete_many("name")


class TestLeaseIter:
    @pytest.fixture
    def leasing(self, scripted, a_task):
        """A queue whose leases give tasks named by these letters, then nothing."""

        def make(*calls, after=()):
            answers = [
                answer({"items": [a_task(id=n, leaseTimestamp="5", retry_count=1) for n in names]})
                for names in calls
            ]
            client, transport = scripted(*answers, *after, retry=RetryPolicy.none())
            return client.queue("q"), transport

        return make

    def test_it_leases_until_nothing_is_available(self, leasing):
        queue, transport = leasing("ab", "c", "")

        names = [lease.name for lease in queue.lease_iter(max_tasks=2, tag="red")]

        assert names == ["a", "b", "c"]
        assert {request.url.partition("?")[2] for request in transport.requests} == {
            "numTasks=2&leaseSecs=60&groupByTag=true&tag=red"
        }

    def test_nothing_is_leased_before_the_first_is_asked_for(self, leasing):
        queue, transport = leasing("ab")

        leases = queue.lease_iter()

        assert transport.requests == []
        leases.close()
        assert transport.requests == []

    def test_what_was_not_given_is_released_on_closing(self, leasing, a_task):
        queue, transport = leasing("abc", after=[answering(answer(a_task()), answer(a_task()))])

        leases = queue.lease_iter(max_tasks=3)
        first = next(leases)
        leases.close()

        b, c = parts(transport.requests[1])
        assert (b"/b?newLeaseSeconds=0" in b, b"/c?newLeaseSeconds=0" in c) == (True, True)
        assert not first.settled

    def test_a_release_that_fails_on_closing_is_logged(self, leasing, caplog):
        queue, _ = leasing("ab", after=[ConnectError("refused")])

        leases = queue.lease_iter(max_tasks=2)
        next(leases)
        leases.close()

        assert "their leases run out" in caplog.text

    def test_what_ran_out_while_it_waited_is_left_out(self, leasing, clock):
        queue, transport = leasing("ab", "")

        leases = queue.lease_iter(max_tasks=2)
        next(leases)
        clock.advance(61)

        assert list(leases) == []
        assert len(transport.requests) == 2

    def test_leases_that_end_at_once_are_refused(self, leasing):
        queue, _ = leasing()

        with pytest.raises(ArgumentError, match="seconds"):
            next(queue.lease_iter(seconds=0))
