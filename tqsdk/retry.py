"""Whether to try again, and when: pure decisions, which neither wait nor send.

A failure is one of four kinds. Which operations may repeat an ambiguous one is for ``operations``.
"""

from __future__ import annotations

import random as _random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from tqsdk.errors import (
    AmbiguousResultError,
    ApiError,
    ConfigError,
    ConnectError,
    CredentialsError,
    RateLimitedError,
    TaskQueueError,
)
from tqsdk.transport import Response


class Failure(Enum):
    """What a failure says about the request: may it have been carried out, and is it worth another.

    Attributes:
        NOT_SENT: The server never saw it.
        THROTTLED: The server did nothing, and asks to come again later.
        AMBIGUOUS: It may have been carried out.
        PERMANENT: It would fail again.
    """

    NOT_SENT = "N"
    THROTTLED = "T"
    AMBIGUOUS = "A"
    PERMANENT = "P"


def classify(error: TaskQueueError) -> Failure:
    """The kind of failure that *error* is."""
    if isinstance(error, ConnectError):
        return Failure.NOT_SENT
    if isinstance(error, CredentialsError):
        return Failure.NOT_SENT if error.transient else Failure.PERMANENT
    if isinstance(error, AmbiguousResultError):
        return Failure.AMBIGUOUS
    if not isinstance(error, ApiError):
        return Failure.PERMANENT
    if error.status == 429 or _is_rate_limit(error):
        return Failure.THROTTLED
    # A 503 may come from a proxy that gave up waiting. Only with this code did the backend promise
    # that it did nothing.
    if error.status == 503 and error.code == "TRANSIENT_ERROR":
        return Failure.THROTTLED
    # A success whose body makes no sense is somebody else's word, such as a proxy's that asks for a
    # login: it does not say what the server did.
    makes_no_sense = error.status < 300
    return Failure.AMBIGUOUS if error.status >= 500 or makes_no_sense else Failure.PERMANENT


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to try, and how long to wait in between.

    The wait before attempt *n* + 1 is random between 0 and ``base * 2 ** (n - 1)`` seconds ("full
    jitter", so that clients which failed together do not return together), on top of what the
    server asks for with ``Retry-After``.

    Attributes:
        attempts: In all, the first one included; at least 1.
        base: Seconds; the longest first wait.
        cap: Seconds; the longest wait of our own.
        longest_retry_after: Seconds; a server that asks for more gets no further attempt.

    Raises:
        ConfigError: ``attempts`` is below 1, or a time is negative.
    """

    attempts: int = 5
    base: float = 0.1
    cap: float = 20.0
    longest_retry_after: float = 120.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigError("RetryPolicy: attempts must be at least 1")
        if min(self.base, self.cap, self.longest_retry_after) < 0:
            raise ConfigError("RetryPolicy: base, cap and longest_retry_after cannot be negative")

    @classmethod
    def none(cls) -> RetryPolicy:
        """One attempt."""
        return cls(attempts=1)

    def wait(
        self,
        error: TaskQueueError,
        *,
        attempt: int,
        random: Callable[[], float] = _random.random,
    ) -> float | None:
        """Seconds until the next attempt, or None if there is to be none.

        Args:
            error: Why the last attempt failed.
            attempt: Its number, from 1.
            random: Gives numbers from 0 up to 1.
        """
        if classify(error) is Failure.PERMANENT or attempt >= self.attempts:
            return None
        asked = error.retry_after if isinstance(error, ApiError) else None
        if asked is not None and asked > self.longest_retry_after:
            return None
        doublings = min(attempt - 1, 64)  # beyond, a float overflows
        return (asked or 0.0) + random() * min(self.cap, self.base * 2.0**doublings)


def wish(response: Response, now: datetime) -> float | None:
    """Seconds that ``Retry-After-Ms`` asks for, or ``Retry-After``, as a number or as a date.

    A date is compared with the answer's own ``Date``, and with *now* only if it has none, so that
    clocks which differ do no harm.
    """
    text = (response.header("Retry-After-Ms") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:18]) / 1000
    text = (response.header("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:18])  # far beyond any cap, and still a number
    until = _date(text)
    if until is None:
        return None
    return max(0.0, (until - (_date(response.header("Date")) or now)).total_seconds())


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _is_rate_limit(error: ApiError) -> bool:
    # dailyLimitExceeded is a rate limit too, but no wait of ours outlasts the day.
    return isinstance(error, RateLimitedError) and error.reason in (
        "rateLimitExceeded",
        "userRateLimitExceeded",
    )
