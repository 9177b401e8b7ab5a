"""Watching a client at work: a function called after each attempt, and spans around each call.

Nothing here needs another library; ``tqsdk.otel`` makes OpenTelemetry's spans.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from tqsdk.calls import Call
from tqsdk.errors import TransportError
from tqsdk.transport import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request that was sent, and what came of it.

    Attributes:
        operation: The method, as the API names it: ``taskqueue.tasks.insert``.
        queue: The queue it is about.
        task: The name of the task it is about, if it is about one.
        number: 1 for the first request of an operation; what is above repeats it, or settles what
            became of it.
        seconds: From sending the request until its answer was there, or given up.
        response: The answer, a refusal too; None if there was none.
        error: Why there was none.
    """

    operation: str
    queue: str
    task: str | None
    number: int
    seconds: float
    response: Response | None = None
    error: TransportError | None = None

    @property
    def outcome(self) -> str:
        """The status of the answer, or the name of the error."""
        if self.response is not None:
            return str(self.response.status)
        return type(self.error).__name__


# Where the attempts of this thread, or task, are kept for ``with_raw_response``.
recording: ContextVar[list[Attempt] | None] = ContextVar("tqsdk_recording", default=None)

AttemptHook: TypeAlias = Callable[[Attempt], object]


class Span(Protocol):
    """Lasts from a call's first attempt to its result; a context manager that hears of an error."""

    def __enter__(self) -> Span: ...

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None: ...

    def active(self) -> AbstractContextManager[object]:
        """While a request is sent, so that what is traced below belongs to this span."""
        ...

    def attempted(self, attempt: Attempt) -> None:
        """Hear of an attempt, after it."""
        ...

    def succeeded(self, result: object) -> None:
        """Hear of the result; not called if there is an error."""
        ...


class Tracing(Protocol):
    """Makes the spans of one client."""

    def span(self, call: Call[Any], endpoint: str) -> Span:
        """A span for *call*, which may take several attempts; it begins when it is entered."""
        ...
