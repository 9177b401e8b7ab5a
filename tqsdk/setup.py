"""What all operations of one client have in common, and what they tell whoever watches."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tqsdk.budget import RetryBudget
from tqsdk.clock import Watch
from tqsdk.hooks import Attempt, AttemptHook, Span, Tracing, recording

_log = logging.getLogger("tqsdk")


@dataclass(slots=True)
class Learned:
    """What the server was seen to do.

    Attributes:
        repeats_leases: It knows ``X-TaskQueue-Attempt``: the same id gives the same tasks again.
    """

    repeats_leases: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Where to, as whom, and who watches.

    Attributes:
        endpoint: The URL of the server, without the API's own path.
        headers: Sent with every request.
        clock: What measures time.
        budget: What repetitions are paid from; None for no bound.
        on_attempt: Called after each request.
        tracing: Makes a span for each call.
        learned: What is found out on the way.
    """

    endpoint: str
    headers: Mapping[str, str]
    clock: Watch
    budget: RetryBudget | None = None
    on_attempt: Sequence[AttemptHook] = ()
    tracing: Tracing | None = None
    learned: Learned = field(default_factory=Learned)

    @property
    def is_watched(self) -> bool:
        """Whether anybody hears of attempts; spans aside."""
        return (
            bool(self.on_attempt) or recording.get() is not None or _log.isEnabledFor(logging.DEBUG)
        )

    def report(self, attempt: Attempt, span: Span | None) -> None:
        """Tell the log, the span, the hooks, and a caller who wants the answer itself."""
        record = recording.get()
        if record is not None:
            record.append(attempt)
        _log.debug(
            "%s %s %s -> %s, attempt %d, %.0f ms",
            attempt.operation,
            attempt.queue,
            attempt.task or "-",
            attempt.outcome,
            attempt.number,
            1000 * attempt.seconds,
        )
        if span is not None:
            span.attempted(attempt)
        for hook in self.on_attempt:
            try:
                hook(attempt)
            except Exception:  # theirs; a task that is leased must not be lost for it
                _log.exception("a function given as on_attempt failed")
