"""A fault loses the answer to an insert after its commit: who stores the task twice?"""

from __future__ import annotations

import base64

import httplib2
import pytest
from googleapiclient.discovery import build

from emulator.testing import Fault, Latency
from tqsdk import Client

PAYLOAD = b"Hello, Ada!"


@pytest.fixture
def lose(server, project):
    """Loses the answers to the next inserts of this test, so many of them."""

    def lose(count, *, answer="cut", **how) -> Fault:
        return server.faults.add(
            Fault(method="insert", project=project, when="after", first=count, answer=answer, **how)
        )

    yield lose
    server.faults.clear()


@pytest.fixture
def hits(server):
    return lambda fault: server.faults.get(fault).hits


def google_insert(server, project, **repeats):
    """Insert a task without an id, as its documentation shows."""
    url = f"{server.url}/discovery/v1/apis/{{api}}/{{apiVersion}}/rest"
    body = {"queueName": "q1", "payloadBase64": base64.urlsafe_b64encode(PAYLOAD).decode()}
    with build(
        "taskqueue",
        "v1beta2",
        discoveryServiceUrl=url,
        static_discovery=False,
        http=httplib2.Http(),
    ) as service:
        request = service.tasks().insert(project=f"s~{project}", taskqueue="q1", body=body)
        request._sleep = lambda seconds: None  # its own seam for tests
        return request.execute(**repeats)["id"]


def test_googleapiclient_stores_a_task_twice_if_it_may_repeat(server, project, queue, lose, hits):
    fault = lose(1)

    named = google_insert(server, project, num_retries=1)

    assert hits(fault) == 1
    stored = [task.name for task in queue.list()]
    assert len(stored) == 2
    assert named in stored


def test_googleapiclient_says_no_word_of_the_task_if_it_may_not(server, project, queue, lose, hits):
    fault = lose(1)

    with pytest.raises(ConnectionResetError):
        google_insert(server, project)

    assert hits(fault) == 1
    assert len(queue.list()) == 1  # so a program that tries again stores another


def test_googleapiclient_repeats_errors_after_the_work_too(server, project, queue, lose, hits):
    fault = lose(2, answer=None, status=503)

    google_insert(server, project, num_retries=2)

    assert hits(fault) == 2
    assert len(queue.list()) == 3


@pytest.mark.parametrize("answer", ["cut", "truncated"])
def test_tqsdk_stores_it_once_and_returns_it(server, project, queue, lose, hits, answer):
    fault = lose(1, answer=answer)

    with Client(project, endpoint=server.url) as client:
        task = client.queue("q1").insert(PAYLOAD)

    assert hits(fault) == 1
    [stored] = queue.list()
    assert (task.name, task.payload) == (stored.name, PAYLOAD)


def test_tqsdk_stores_it_once_though_the_answer_was_an_error(server, project, queue, lose, hits):
    fault = lose(1, answer=None, status=503)

    with Client(project, endpoint=server.url) as client:
        task = client.queue("q1").insert(PAYLOAD)

    assert hits(fault) == 1
    assert [each.name for each in queue.list()] == [task.name]


def test_an_answer_can_be_late_by_the_clock_of_the_machine(server, project, queue, lose, hits):
    fault = lose(1, answer=None, latency=Latency(seconds=0.01))

    queue.insert(PAYLOAD)

    assert hits(fault) == 1
    assert len(queue.list()) == 1
