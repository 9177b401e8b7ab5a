"""OpenTelemetry spans, if the application has OpenTelemetry; else nothing.

::

    client = Client("my-app", tracing=tqsdk.otel.tracing())

Names are those of the semantic conventions for messaging, version 1.45, which are still in
development: all of them stand here, so that they can change in one place. The API has no room for
the context of a message, so what is done with a task is not linked to who inserted it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from tqsdk.calls import Call
from tqsdk.hooks import Attempt, Span, Tracing
from tqsdk.models import Task
from tqsdk.version import __version__

if TYPE_CHECKING:
    from opentelemetry import trace

_SCHEMA = "https://opentelemetry.io/schemas/1.45.0"
_SYSTEM = "gae_taskqueue"
_TYPES = {
    "insert": "send",
    "lease": "receive",
    "update": "settle",
    "patch": "settle",
    "delete": "settle",
}


def tracing(provider: trace.TracerProvider | None = None) -> Tracing | None:
    """What makes spans, for the setting ``tracing=`` of a client.

    Args:
        provider: Where the spans go; otherwise to the application's global one.

    Returns:
        None, which traces nothing, if ``opentelemetry-api`` is not installed.
    """
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return _Tracing(trace.get_tracer("tqsdk", __version__, provider, _SCHEMA))


class _Tracing:
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def span(self, call: Call[Any], endpoint: str) -> Span:
        return _Span(self._tracer, call, endpoint)


class _Span:
    """One call, with all its attempts: an event for each that failed."""

    def __init__(self, tracer: trace.Tracer, call: Call[Any], endpoint: str) -> None:
        self._tracer = tracer
        self._call = call
        self._endpoint = endpoint
        self._attempts = 0
        self._span: trace.Span

    def __enter__(self) -> _Span:
        from opentelemetry.trace import SpanKind

        name = self._call.operation.removeprefix("taskqueue.").removeprefix("tasks.")
        self._span = self._tracer.start_span(
            f"{name} {self._call.queue}",
            kind=SpanKind.PRODUCER if name == "insert" else SpanKind.CLIENT,
            attributes=self._attributes(name),
        )
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        from opentelemetry.trace import StatusCode

        if error is not None:
            self._span.set_attribute("error.type", type(error).__name__)
            self._span.record_exception(error)
            self._span.set_status(StatusCode.ERROR, str(error))
        self._span.end()

    def active(self) -> AbstractContextManager[object]:
        from opentelemetry.trace import use_span

        return use_span(self._span, record_exception=False, set_status_on_exception=False)

    def attempted(self, attempt: Attempt) -> None:
        self._attempts += 1
        if self._attempts > 1:
            self._span.set_attribute("http.request.resend_count", self._attempts - 1)
        if attempt.response is not None:
            self._span.set_attribute("http.response.status_code", attempt.response.status)
        if attempt.response is None or attempt.response.status >= 400:
            self._span.add_event("attempt failed", {"error.type": attempt.outcome})

    def succeeded(self, result: object) -> None:
        if isinstance(result, Task):
            self._span.set_attribute("messaging.message.id", result.name)
        elif isinstance(result, list):
            self._span.set_attribute(
                "messaging.batch.message_count", len(cast(list[object], result))
            )

    def _attributes(self, name: str) -> dict[str, str | int]:
        server = urlsplit(self._endpoint)
        attributes: dict[str, str | int | None] = {
            "messaging.system": _SYSTEM,
            "messaging.operation.name": name,
            "messaging.operation.type": _TYPES.get(name),
            "messaging.destination.name": self._call.queue,
            "messaging.message.id": self._call.task,
            "server.address": server.hostname,
            "server.port": server.port,
        }
        return {key: value for key, value in attributes.items() if value is not None}
