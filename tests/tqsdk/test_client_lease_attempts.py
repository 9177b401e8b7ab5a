"""A lease whose answer is lost, with a server that knows repeated leases and one that does not.

The server here leases real tasks and counts; between it and the client answers are lost.
"""

from __future__ import annotations

import json
from collections import deque

import pytest

from tqsdk import AmbiguousResultError, Client, ConnectError, RequestTimeoutError, RetryPolicy
from tqsdk.testing import WsgiTransport, answer, refusal

AT_ONCE = RetryPolicy(base=0)


class LeasingServer:
    """A WSGI application that leases one task for each call, and counts.

    Attributes:
        knows_attempts: It echoes the header, and repeats a lease.
        counts: How often each task was leased.
    """

    def __init__(self, *tasks, knows_attempts):
        self.knows_attempts = knows_attempts
        self.counts = dict.fromkeys(tasks, 0)
        self.given = {}

    def __call__(self, environ, start_response):
        attempt = environ.get("HTTP_X_TASKQUEUE_ATTEMPT")
        body = self.lease(attempt) if environ["REQUEST_METHOD"] == "POST" else {"id": "q"}
        echo = [("X-TaskQueue-Attempt", attempt)] if attempt and self.knows_attempts else []
        start_response("200 OK", [("Content-Type", "application/json"), *echo])
        return [json.dumps(body).encode()]

    def lease(self, attempt):
        if not (self.knows_attempts and attempt in self.given):
            self.given[attempt] = next(
                (name for name, count in self.counts.items() if not count), None
            )
            if self.given[attempt]:
                self.counts[self.given[attempt]] += 1
        name = self.given[attempt]
        return {"items": [self.task(name)] if name else []}

    def task(self, name):
        return {
            "id": name,
            "queueName": "projects/p/taskqueues/q",
            "payloadBase64": "",
            "enqueueTimestamp": "1",
            "leaseTimestamp": "2",
            "retry_count": self.counts[name],
        }


class Losing:
    """Sends to *server*; the next answers are *lost* if True, else arrive."""

    def __init__(self, server, *lost):
        self.inner = WsgiTransport(server)
        self.lost = deque(lost)
        self.sent = []

    def send(self, request, timeout):
        self.sent.append(request.method)
        response = self.inner.send(request, timeout)
        if self.lost and self.lost.popleft():
            raise RequestTimeoutError("no answer within 30 s")
        return response


def leasing(server, *lost, clock):
    transport = Losing(server, *lost)
    return Client("p", transport=transport, retry=AT_ONCE, clock=clock).queue("q"), transport


def test_a_server_that_knows_the_header_gives_the_same_task_again(clock):
    server = LeasingServer("a", "b", knows_attempts=True)
    queue, transport = leasing(server, True, clock=clock)

    leases = queue.lease()

    assert [(each.name, each.retry_count) for each in leases] == [("a", 1)]
    assert server.counts == {"a": 1, "b": 0}
    assert transport.sent == ["POST", "GET", "POST"]


def test_what_a_server_knows_is_asked_once(clock):
    server = LeasingServer("a", "b", knows_attempts=True)
    queue, transport = leasing(server, False, True, clock=clock)

    queue.lease()
    [lease] = queue.lease()

    assert (lease.name, server.counts) == ("b", {"a": 1, "b": 1})
    assert transport.sent == ["POST", "POST", "POST"]


def test_against_any_other_server_the_lease_is_a_typed_error_and_counted_once(clock):
    server = LeasingServer("a", "b", knows_attempts=False)
    queue, transport = leasing(server, True, clock=clock)

    with pytest.raises(AmbiguousResultError) as caught:
        queue.lease()

    assert server.counts == {"a": 1, "b": 0}
    assert transport.sent == ["POST", "GET"]
    assert (caught.value.operation, caught.value.attempts) == ("taskqueue.tasks.lease", 2)


def test_the_answer_to_the_question_may_be_lost_too(clock):
    server = LeasingServer("a", knows_attempts=True)
    queue, transport = leasing(server, True, True, True, clock=clock)

    assert [lease.retry_count for lease in queue.lease()] == [1]
    assert transport.sent == ["POST", "GET", "GET", "GET", "POST"]


def test_the_question_may_be_refused_and_still_tell(scripted, a_task):
    def echoing(response):
        return lambda request: answer_with_echo(request, response)

    lost = RequestTimeoutError("x")
    client, _ = scripted(
        lost, echoing(refusal(403, "no stats for you")), echoing(answer({"items": [a_task()]}))
    )

    assert len(client.queue("q").lease()) == 1


def answer_with_echo(request, response):
    headers = {**response.headers, "x-taskqueue-attempt": request.header("X-TaskQueue-Attempt")}
    return type(response)(response.status, headers, response.body)


def test_a_question_that_nobody_answers_leaves_the_lease_ambiguous(scripted):
    client, transport = scripted(RequestTimeoutError("lost"), *[ConnectError("gone")] * 5)

    with pytest.raises(AmbiguousResultError, match="lost"):
        client.queue("q").lease()

    assert len(transport.requests) == 6


def test_a_server_replaced_by_one_that_does_not_know_is_noticed(clock):
    server = LeasingServer("a", "b", "c", knows_attempts=True)
    queue, transport = leasing(server, False, True, clock=clock)
    queue.lease()
    server.knows_attempts = False

    with pytest.raises(AmbiguousResultError, match="no longer knows"):
        queue.lease()
    transport.lost.append(True)
    with pytest.raises(AmbiguousResultError):
        queue.lease()

    assert server.counts["c"] == 1 or sum(server.counts.values()) == 3
    assert transport.sent[-2:] == ["POST", "GET"]


def test_a_lost_lease_that_is_over_is_not_begun_anew(scripted, clock):
    def slow_and_lost(request):
        clock.advance(30)
        raise RequestTimeoutError("no answer within 30 s")

    client, transport = scripted(slow_and_lost)

    with pytest.raises(AmbiguousResultError):
        client.queue("q").lease(seconds=30)

    assert len(transport.requests) == 1


def test_a_lease_of_no_seconds_is_over_at_once(scripted):
    client, transport = scripted(RequestTimeoutError("x"))

    with pytest.raises(AmbiguousResultError):
        client.queue("q").lease(seconds=0)

    assert len(transport.requests) == 1


def test_a_lease_that_stays_lost_is_ambiguous_whatever_came_last(scripted, a_task):
    lost = RequestTimeoutError("x")
    client, _ = scripted(
        lost,
        lambda request: answer_with_echo(request, answer({"id": "q"})),
        *[ConnectError("refused")] * 4,
    )

    with pytest.raises(AmbiguousResultError, match="refused, after an attempt") as caught:
        client.queue("q").lease()

    assert isinstance(caught.value.__cause__, ConnectError)
    assert caught.value.ambiguous
    assert caught.value.attempts == 6


def test_a_caller_may_risk_a_second_lease(clock):
    server = LeasingServer("a", "b", knows_attempts=False)
    queue, transport = leasing(server, True, clock=clock)

    assert [lease.name for lease in queue.lease(retry_ambiguous=True)] == ["b"]
    assert transport.sent == ["POST", "POST"]
