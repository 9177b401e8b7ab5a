"""From a source to a target, through the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tqsdk.clock import Clock
from tqsdk.migrate.moving.ledger import Ledger, Tally
from tqsdk.migrate.moving.model import Batch, MoveError, Source, Target


class Pace:
    """How fast it may go.

    Args:
        per_second: Records; None for no bound.
        clock: Tells the time, and waits.
    """

    def __init__(self, per_second: float | None, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._free_at = clock.monotonic()

    def wait(self, records: int) -> None:
        """Wait until *records* more may be put."""
        if self._per_second is None:
            return
        now: float = self._clock.monotonic()
        if now < self._free_at:
            self._clock.sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + records / self._per_second


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move has done.

    Attributes:
        left: What the source could not see, in words; None if that is nothing.
    """

    tally: Tally
    left: str | None


def move(
    source: Source,
    target: Target,
    ledger: Ledger,
    *,
    pace: Pace,
    most_refused: int,
    step: Callable[[int], None],
) -> Moved:
    """Move all that *source* has, or what is left of it after a run that was killed.

    Args:
        source: From where.
        target: To where.
        ledger: Of this move.
        pace: How fast.
        most_refused: Give up if more are refused: then it is hardly about the records.
        step: Told how many records are done, after each batch.

    Returns:
        What became of all records, those of earlier runs included.

    Raises:
        MoveError: It cannot go on. Another call takes up from here.
        TaskQueueError: Likewise.
    """
    target.resume(ledger.mark)
    begun = ledger.begun()
    if begun is not None:
        batch = source.again(begun.place)
        if not begun.is_put:
            _put(batch, target, ledger, again=True)
        _tell(batch, source, ledger)
        step(len(batch.records))
    for batch in source.batches(ledger.after):
        pace.wait(len(batch.records))
        ledger.begin(batch.place)
        _put(batch, target, ledger, again=False)
        _tell(batch, source, ledger)
        step(len(batch.records))
        if ledger.tally.refused > most_refused:
            name, reason = next(ledger.refusals())
            raise MoveError(f"{ledger.tally.refused} are refused, {name!r} because {reason}")
    target.finish()
    return Moved(ledger.tally, source.finish())


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do, as far as that is known beforehand.

    Attributes:
        records: None if that is not known.
        refusals: How many would be refused, by reason; empty too if nothing was read.
        is_read: Whether the records were looked at, or only counted.
    """

    records: int | None
    refusals: Counter[str]
    is_read: bool


def preview(source: Source, target: Target, step: Callable[[int], None]) -> Preview:
    """See what a move would do, and change nothing."""
    records = source.preview()
    if records is None:
        return Preview(source.total(), Counter(), is_read=False)
    count = 0
    refusals: Counter[str] = Counter()
    for record in records:
        count += 1
        reason = target.refusal(record)
        if reason is not None:
            refusals[reason] += 1
        step(1)
    return Preview(count, refusals, is_read=True)


def _put(batch: Batch, target: Target, ledger: Ledger, *, again: bool) -> None:
    # Of a batch that is taken up nothing may be left.
    outcomes = target.put(batch.records, again=again) if batch.records else []
    ledger.put(batch.records, outcomes, target.mark())


def _tell(batch: Batch, source: Source, ledger: Ledger) -> None:
    source.done(batch, ledger.refused_of(batch.records))
    ledger.done(batch.place)
