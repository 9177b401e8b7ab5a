from __future__ import annotations

import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tqsdk import ConnectError, RequestTimeoutError, RetryPolicy, TaskNotFoundError
from tqsdk.otel import tracing
from tqsdk.testing import answer, refusal


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


@pytest.fixture
def traced(scripted, provider):
    """Make a queue of a traced client with the given answers."""

    def make(*answers, **settings):
        client, _ = scripted(
            *answers, tracing=tracing(provider), endpoint="http://queues.example:8088", **settings
        )
        return client.queue("mail")

    return make


def test_an_insert_is_a_send(traced, exporter, a_task):
    traced(answer(a_task())).insert(b"hello", name="t1")

    [span] = exporter.get_finished_spans()
    assert (span.name, span.kind) == ("insert mail", SpanKind.PRODUCER)
    assert dict(span.attributes) == {
        "messaging.system": "gae_taskqueue",
        "messaging.operation.name": "insert",
        "messaging.operation.type": "send",
        "messaging.destination.name": "mail",
        "messaging.message.id": "t1",
        "server.address": "queues.example",
        "server.port": 8088,
        "http.response.status_code": 200,
    }
    assert span.status.status_code is StatusCode.UNSET
    assert span.instrumentation_scope.name == "tqsdk"


def test_a_lease_is_a_receive_that_counts_and_what_ends_it_settles(traced, exporter, a_task):
    task = a_task(leaseTimestamp="9", retry_count=1)
    queue = traced(answer({"items": [task, task]}), answer(task), answer())

    first, second = queue.lease(max_tasks=2)
    first.renew(60)
    second.delete()

    lease, renewal, deletion = exporter.get_finished_spans()
    assert (lease.name, lease.kind) == ("lease mail", SpanKind.CLIENT)
    assert lease.attributes["messaging.operation.type"] == "receive"
    assert lease.attributes["messaging.batch.message_count"] == 2
    assert [each.attributes["messaging.operation.type"] for each in (renewal, deletion)] == [
        "settle"
    ] * 2
    assert deletion.attributes["messaging.message.id"] == "t1"


def test_attempts_are_counted_and_failures_are_events(traced, exporter):
    queue = traced(ConnectError("x"), refusal(503, "x"), answer({"id": "mail"}))

    queue.info()

    [span] = exporter.get_finished_spans()
    assert span.name == "taskqueues.get mail"
    assert "messaging.operation.type" not in span.attributes
    assert span.attributes["http.request.resend_count"] == 2
    assert [event.attributes["error.type"] for event in span.events] == ["ConnectError", "503"]


def test_an_error_ends_the_span_with_its_type(traced, exporter):
    queue = traced(refusal(404, "Task name does not exist."))

    with pytest.raises(TaskNotFoundError):
        queue.delete("t1")

    [span] = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "TaskNotFoundError"


def test_the_look_after_an_insert_has_a_span_of_its_own(traced, exporter, a_task):
    taken = refusal(400, "Task name is invalid.", code="TASK_ALREADY_EXISTS")
    queue = traced(RequestTimeoutError("x"), taken, answer(a_task(b"hello")))

    queue.insert(b"hello")

    assert [span.name for span in exporter.get_finished_spans()] == ["insert mail", "get mail"]


def test_what_is_traced_while_sending_belongs_to_the_call_which_belongs_to_the_caller(
    traced, exporter, provider
):
    tracer = provider.get_tracer("test")

    def inside(request):
        with tracer.start_as_current_span("HTTP"):
            return answer({"id": "mail"})

    with tracer.start_as_current_span("work"):
        traced(inside).info()
        assert trace.get_current_span().name == "work"

    http, call, work = exporter.get_finished_spans()
    assert http.parent.span_id == call.context.span_id
    assert call.parent.span_id == work.context.span_id


def test_whatever_goes_wrong_ends_the_span(traced, exporter):
    def interrupted(request):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        traced(interrupted, retry=RetryPolicy.none()).info()

    assert [span.attributes["error.type"] for span in exporter.get_finished_spans()] == [
        "KeyboardInterrupt"
    ]


def test_without_opentelemetry_nothing_is_traced(scripted, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    client, _ = scripted(answer({"id": "q"}), tracing=tracing())

    assert tracing() is None
    assert client.queue("q").info().name == "q"
