"""One operation on its way: attempts, waits, the deadline. It decides; somebody else acts.

``Exchange.perform`` is a generator, a *script*: it yields what is to be done next, a ``Send``, a
``Pause`` or an ``Authorize``, is given the answer, and returns the result. Whoever runs a script
does these in his own way, and throws in what goes wrong, so that everything about retries is
written once.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from tqsdk import retry
from tqsdk.calls import Call
from tqsdk.clock import Clock
from tqsdk.errors import (
    AmbiguousResultError,
    ApiError,
    CredentialsError,
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


@dataclass(frozen=True, slots=True)
class Authorize:
    """Say what to send as Authorization; the value, or None, or the CredentialsError, goes back.

    Attributes:
        rejected: The value that the server has just answered 401 to: another is wanted.
    """

    rejected: str | None = field(default=None, repr=False)


Step: TypeAlias = Send | Pause | Authorize
Script: TypeAlias = Generator[Step, Response | str | None, T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What all operations of one client have in common.

    Attributes:
        endpoint: The URL of the server, without the API's own path.
        headers: Sent with every request.
        clock: What measures time.
    """

    endpoint: str
    headers: Mapping[str, str]
    clock: Clock


class Exchange:
    """The state of one operation, which may take several attempts and even several calls.

    Attributes:
        attempts: Requests sent so far.
        unsure_since: When the first attempt was sent that may have changed the server without our
            knowing, on the monotonic clock; None if there was none.
    """

    def __init__(self, setup: Setup, options: Options) -> None:
        self.attempts = 0
        self.unsure_since: float | None = None
        self.clock = setup.clock
        self._setup = setup
        self._headers = merged(options.headers, setup.headers)
        self._options = options
        self._began = self.clock.monotonic()
        self._sent_at = self._began
        # Who gives a header by hand is not asked for one, nor is another sent in its place.
        self._authorizes = all(name.lower() != "authorization" for name in self._headers)
        self._has_renewed = False

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
            CredentialsError: There was no access token for the last attempt.
        """
        attempt = 0
        while True:
            attempt += 1
            self._check_time(call)
            try:
                return (yield from self._attempt(call))
            except (ApiError, TransportError, CredentialsError) as error:
                vars(error).update(self._facts(call))
                unsure = call.changes and retry.classify(error) is retry.Failure.AMBIGUOUS
                if unsure and self.unsure_since is None:
                    self.unsure_since = self._sent_at
                if unsure and not repeatable:
                    if not isinstance(error, ApiError):
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
        authorization = (yield Authorize()) if self._authorizes else None
        response = yield from self._send(call, authorization)
        if response.status == 401 and authorization and not self._has_renewed:
            self._has_renewed = True
            renewed = yield Authorize(rejected=str(authorization))
            if renewed not in (None, authorization):
                response = yield from self._send(call, renewed)
        try:
            return call.result(response)
        except ApiError as error:
            error.retry_after = retry.wish(response, self.clock.now())
            raise

    def _send(self, call: Call[T], authorization: Response | str | None) -> Script[Response]:
        headers = self._headers
        if authorization is not None:
            headers = {**headers, "Authorization": str(authorization)}
        self.attempts += 1
        self._sent_at = self.clock.monotonic()
        try:
            response = yield Send(call.request(self._setup.endpoint, headers), self._timeout())
        except TransportError as error:
            self._report(call, type(error).__name__)
            raise
        if not isinstance(response, Response):
            raise TypeError("whoever runs a script answers each Send with a Response")
        self._report(call, str(response.status))
        return response

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
