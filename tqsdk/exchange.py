"""One operation on its way: attempts, waits, the deadline. It decides; somebody else acts.

``Exchange.perform`` is a generator, a *script*: it yields what is to be done next, a ``Send``, a
``Pause`` or an ``Authorize``, is given the answer, and returns the result. Whoever runs a script
does these in his own way, and throws in what goes wrong, so that everything about retries is
written once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from tqsdk import retry
from tqsdk.calls import ATTEMPT_HEADER, Call
from tqsdk.clock import Watch
from tqsdk.errors import (
    AmbiguousResultError,
    ApiError,
    CredentialsError,
    DeadlineExceededError,
    Facts,
    TaskQueueError,
    TransportError,
)
from tqsdk.hooks import Attempt, Span
from tqsdk.options import Options
from tqsdk.retry import Failure
from tqsdk.setup import Learned, Setup
from tqsdk.transport import Request, Response, Timeout, lookup, merged

T = TypeVar("T")

_LEAST = 0.001  # seconds; transports take no timeout of none, or less
_SHORTEST_SECRET = 8  # what is shorter may be part of any word

_log = logging.getLogger("tqsdk")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this request; the answer, or the TransportError, goes back into the script.

    Attributes:
        span: If there is one, it is to be active meanwhile.
        exchange: Whose attempt it is; who sends it with others sets the ``share`` there.
    """

    request: Request
    timeout: Timeout
    span: Span | None = field(default=None, compare=False)
    exchange: Exchange | None = field(default=None, compare=False, repr=False)


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


Repeatable: TypeAlias = bool | Callable[[float], Script[bool]]


class Exchange:
    """The state of one operation, which may take several attempts and even several calls.

    Attributes:
        attempts: Requests sent so far.
        unsure_since: When the first attempt was sent that may have changed the server without our
            knowing, on the monotonic clock; None if there was none.
        echoed: Whether the last answer had the attempt's id, as only some servers send it.
        share: What part of a request each attempt is: in a batch of 100 calls, 1/100. Always 0 for
            what is repeated at no cost.
    """

    def __init__(self, setup: Setup, options: Options) -> None:
        self.attempts: int = 0
        self.unsure_since: float | None = None
        self.echoed: bool = False
        self.share: float = 1.0
        self.clock: Watch = setup.clock
        self._setup = setup
        self._headers = merged(options.headers, setup.headers)
        self._options = options
        self._began = self.clock.monotonic()
        self._sent_at = self._began
        # Who gives a header by hand is not asked for one, nor is another sent in its place.
        self._authorization = lookup(self._headers, "Authorization")
        self._authorizes = self._authorization is None
        self._has_renewed = False
        self._paid = 0.0
        self._span: Span | None = None

    @property
    def learned(self) -> Learned:
        """What the client knows of the server."""
        return self._setup.learned

    @property
    def took_effect_after(self) -> float:
        """The latest moment, on the monotonic clock, before which nothing can have happened.

        A lease is timed from here: it never ends earlier than this plus its seconds.
        """
        return self._sent_at if self.unsure_since is None else self.unsure_since

    def perform(self, call: Call[T], *, repeatable: Repeatable) -> Script[T]:
        """Send *call* until it succeeds, fails for good, or is out of attempts or time.

        Args:
            call: Sent unchanged each time.
            repeatable: Whether it may be sent again when it may have been carried out already; or a
                script that finds out, given the seconds until it would be sent.

        Raises:
            AmbiguousResultError: It may have been carried out, and is not repeatable.
            DeadlineExceededError: The next attempt would come too late.
            ApiError: The last answer.
            TransportError: Why there was none to the last attempt.
            CredentialsError: There was no access token for the last attempt.
        """
        if self._setup.tracing is None:
            return (yield from self._perform(call, repeatable))
        with self._setup.tracing.span(call, self._setup.endpoint) as span:
            around, self._span = self._span, span
            try:
                result = yield from self._perform(call, repeatable)
            finally:
                self._span = around
            span.succeeded(result)
            return result

    def _perform(self, call: Call[T], repeatable: Repeatable) -> Script[T]:
        if self._is_too_late():
            raise self._too_late(call)
        failures = 0
        while True:
            try:
                result = yield from self._attempt(call)
            except (ApiError, TransportError, CredentialsError) as error:
                failures += 1
                pause = yield from self._pause(call, error, failures, repeatable)
                self._announce(call, error, pause)
                yield Pause(pause)
                if self._is_too_late():
                    raise self._too_late(call) from error
            else:
                self._be_paid_back()
                return result

    def _attempt(self, call: Call[T]) -> Script[T]:
        if self._authorizes:
            self._authorization = _text((yield Authorize()))
        response = yield from self._send(call)
        rejected = self._authorization
        if response.status == 401 and rejected and self._authorizes and not self._has_renewed:
            self._has_renewed = True
            self._authorization = _text((yield Authorize(rejected)))
            if self._authorization not in (None, rejected):
                response = yield from self._send(call)
        try:
            return call.result(response)
        except ApiError as error:
            error.retry_after = retry.wish(response, self.clock.now())
            self._hide_token(error)
            raise

    def _send(self, call: Call[T]) -> Script[Response]:
        headers = self._headers
        if self._authorizes and self._authorization is not None:
            headers = {**headers, "Authorization": self._authorization}
        self.attempts += 1
        self._sent_at = self.clock.monotonic()
        request = call.request(self._setup.endpoint, headers)
        try:
            response = yield Send(request, self._timeout(), self._span, self)
        except TransportError as error:
            self._report(call, error=error)
            raise
        if not isinstance(response, Response):
            raise TypeError("whoever runs a script answers each Send with a Response")
        self._report(call, response=response)
        attempt_id = call.headers.get(ATTEMPT_HEADER)
        self.echoed = attempt_id is not None and response.header(ATTEMPT_HEADER) == attempt_id
        self.learned.repeats_leases |= self.echoed
        return response

    def _pause(
        self, call: Call[T], error: TaskQueueError, failures: int, repeatable: Repeatable
    ) -> Script[float]:
        """Seconds until the next attempt; raises what is to be raised if there is to be none."""
        failure = retry.classify(error)
        if call.changes and failure is Failure.AMBIGUOUS and self.unsure_since is None:
            self.unsure_since = self._sent_at
        unsure = call.changes and self.unsure_since is not None
        asks = unsure and failure is not Failure.PERMANENT and repeatable is not True
        pause = self._options.retry.wait(error, attempt=failures)
        if pause is None or (asks and not (yield from _answer(repeatable, pause))):
            raise self._last(call, error, ambiguous=asks)
        left = self._left()
        if left is not None and pause >= left:
            raise self._too_late(call) from error
        if not self._pay(failure):
            error.add_note("Not repeated: too much failed lately, the retry budget is used up.")
            raise self._last(call, error, ambiguous=asks)
        return pause

    def _pay(self, failure: Failure) -> bool:
        """Whether there is enough left for a repetition."""
        if self._setup.budget is None:
            return True
        cost = self._setup.budget.take(failure, self.share)
        self._paid += cost or 0.0
        return cost is not None

    def _be_paid_back(self) -> None:
        if self._setup.budget is not None:
            self._setup.budget.give_back(self._paid or self.share)
        self._paid = 0.0

    def _last(self, call: Call[T], error: TaskQueueError, *, ambiguous: bool) -> TaskQueueError:
        """What to raise when *error* ended the last attempt."""
        vars(error).update(self.facts(call))
        if not ambiguous or isinstance(error, AmbiguousResultError):
            return error
        if isinstance(error, ApiError):
            message = f"the server failed: {error.status} {error.message}"
        else:
            message = f"{error.message}, after an attempt whose answer was lost"
        last = AmbiguousResultError(message, **self.facts(call))
        last.__cause__ = error
        return last

    def _too_late(self, call: Call[T]) -> DeadlineExceededError:
        return DeadlineExceededError(
            f"not done within the deadline of {self._options.deadline:g} s", **self.facts(call)
        )

    def _is_too_late(self) -> bool:
        left = self._left()
        return left is not None and left <= 0

    def _left(self) -> float | None:
        """Seconds until the deadline, if there is one."""
        if self._options.deadline is None:
            return None
        return self._began + self._options.deadline - self.clock.monotonic()

    def _timeout(self) -> Timeout:
        limits, left = self._options.limits, self._left()
        if left is None:
            return limits
        left = max(left, _LEAST)  # it may have passed since it was looked at
        return Timeout(min(limits.connect, left), min(limits.read, left), left)

    def facts(self, call: Call[T]) -> Facts:
        """What an error that ends the operation here is to be told."""
        return Facts(
            operation=call.operation,
            queue=call.queue,
            task=call.task,
            attempts=self.attempts,
            elapsed=self.clock.monotonic() - self._began,
            ambiguous=self.unsure_since is not None,
        )

    def _announce(self, call: Call[T], error: TaskQueueError, pause: float) -> None:
        _log.info(
            "%s %s %s failed, again in %.1f s: %s",
            call.operation,
            call.queue,
            call.task or "-",
            pause,
            error.message,
        )

    def _hide_token(self, error: ApiError) -> None:
        """Take our token out of what the server said: errors are logged."""
        token = (self._authorization or "").rpartition(" ")[2]
        if len(token) >= _SHORTEST_SECRET and token in error.message:
            error.message = error.message.replace(token, "***")
            error.args = (error.message,)

    def _report(
        self,
        call: Call[T],
        *,
        response: Response | None = None,
        error: TransportError | None = None,
    ) -> None:
        if self._span is None and not self._setup.is_watched:
            return
        attempt = Attempt(
            operation=call.operation,
            queue=call.queue,
            task=call.task,
            number=self.attempts,
            seconds=self.clock.monotonic() - self._sent_at,
            response=response,
            error=error,
        )
        self._setup.report(attempt, self._span)


def _answer(repeatable: Repeatable, pause: float) -> Script[bool]:
    return repeatable if isinstance(repeatable, bool) else (yield from repeatable(pause))


def _text(answer: Response | str | None) -> str | None:
    if isinstance(answer, Response):
        raise TypeError("whoever runs a script answers each Authorize with a header's value")
    return answer
