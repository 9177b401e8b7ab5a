"""One operation on its way: attempts, waits, the deadline. It decides; somebody else acts.

``Exchange.perform`` is a generator, a *script*: it yields what is to be done next, a ``Send`` or a
``Pause``, is given the answer, and returns the result. Whoever runs a script sends and waits in his
own way, so that everything about retries is written once.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from tqsdk import retry
from tqsdk.calls import Call
from tqsdk.clock import Clock
from tqsdk.errors import (
    AmbiguousResultError,
    ApiError,
    DeadlineExceededError,
    Facts,
    TransportError,
)
from tqsdk.options import Options
from tqsdk.transport import Request, Response, Timeout, merged

T = TypeVar("T")

_log = logging.getLogger("tqsdk")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this request; the answer, or the TransportError, goes back into the script."""

    request: Request
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds; None goes back into the script."""

    seconds: float


Script: TypeAlias = Generator[Send | Pause, Response | None, T]


class Exchange:
    """The state of one operation, which may take several attempts and even several calls.

    Attributes:
        attempts: Requests sent so far.
        unsure_since: When the first attempt was sent that may have changed the server without our
            knowing, on the monotonic clock; None if there was none.
    """

    def __init__(self, endpoint: str, headers: dict[str, str], options: Options, clock: Clock):
        self.attempts = 0
        self.unsure_since: float | None = None
        self.clock = clock
        self._endpoint = endpoint
        self._headers = merged(options.headers, headers)
        self._options = options
        self._began = clock.monotonic()
        self._sent_at = self._began

    @property
    def took_effect_after(self) -> float:
        """The latest moment, on the monotonic clock, before which nothing can have happened.

        A lease is timed from here: it never ends earlier than this plus its seconds.
        """
        return self._sent_at if self.unsure_since is None else self.unsure_since

    def perform(self, call: Call[T], *, repeatable: bool) -> Script[T]:
        """Send *call* until it succeeds, fails for good, or is out of attempts or time.

        Args:
            call: Sent unchanged each time.
            repeatable: Whether it may be sent again when it may have been carried out already.

        Raises:
            AmbiguousResultError: It may have been carried out, and is not repeatable.
            DeadlineExceededError: The next attempt would come too late.
            ApiError: The last answer.
            TransportError: Why there was none to the last attempt.
        """
        attempt = 0
        while True:
            attempt += 1
            self._check_time(call)
            try:
                return (yield from self._attempt(call))
            except (ApiError, TransportError) as error:
                vars(error).update(self._facts(call))
                unsure = call.changes and retry.classify(error) is retry.Failure.AMBIGUOUS
                if unsure and self.unsure_since is None:
                    self.unsure_since = self._sent_at
                if unsure and not repeatable:
                    if isinstance(error, TransportError):
                        raise
                    raise self._ambiguous(error, call) from error
                pause = self._options.retry.wait(error, attempt=attempt)
                if pause is None:
                    raise
                left = self._left()
                if left is not None and pause >= left:
                    raise self._too_late(call) from error
            yield Pause(pause)

    def _attempt(self, call: Call[T]) -> Script[T]:
        self.attempts += 1
        self._sent_at = self.clock.monotonic()
        try:
            response = yield Send(call.request(self._endpoint, self._headers), self._timeout())
        except TransportError as error:
            self._report(call, type(error).__name__)
            raise
        if response is None:
            raise TypeError("whoever runs a script answers each Send with a Response")
        self._report(call, str(response.status))
        try:
            return call.result(response)
        except ApiError as error:
            error.retry_after = retry.wish(response, self.clock.now())
            raise

    def _ambiguous(self, error: ApiError, call: Call[T]) -> AmbiguousResultError:
        return AmbiguousResultError(
            f"the server failed: {error.status} {error.message}", **self._facts(call)
        )

    def _check_time(self, call: Call[T]) -> None:
        left = self._left()
        if left is not None and left <= 0:
            raise self._too_late(call)

    def _too_late(self, call: Call[T]) -> DeadlineExceededError:
        return DeadlineExceededError(
            f"not done within the deadline of {self._options.deadline:g} s",
            ambiguous=self.unsure_since is not None,
            **self._facts(call),
        )

    def _left(self) -> float | None:
        """Seconds until the deadline, if there is one."""
        if self._options.deadline is None:
            return None
        return self._began + self._options.deadline - self.clock.monotonic()

    def _timeout(self) -> Timeout:
        limits, left = self._options.limits, self._left()
        if left is None:
            return limits
        return Timeout(min(limits.connect, left), min(limits.read, left))

    def _facts(self, call: Call[T]) -> Facts:
        elapsed = self.clock.monotonic() - self._began
        return Facts(
            operation=call.operation,
            queue=call.queue,
            task=call.task,
            attempts=self.attempts,
            elapsed=elapsed,
        )

    def _report(self, call: Call[T], outcome: str) -> None:
        _log.debug(
            "%s %s %s -> %s, attempt %d, %.0f ms",
            call.operation,
            call.queue,
            call.task or "-",
            outcome,
            self.attempts,
            1000 * (self.clock.monotonic() - self._sent_at),
        )
