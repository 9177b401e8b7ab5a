"""Moves what comes, for ever: from a source to a target, through the ledger, until it is stopped.

What the mover promises holds here too: a record is deleted at the source when the target has it, or
when it lies with the dead letters, and that is on the ledger. But where the mover gives up, this
waits and tries again, for nobody may be watching.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from tqsdk.clock import Clock
from tqsdk.errors import TaskQueueError
from tqsdk.migrate.moving.dead_letters import DeadLetters
from tqsdk.migrate.moving.ledger import Ledger, Tally
from tqsdk.migrate.moving.model import Batch, Fate, MoveError, Outcome, Record, Source, Target

T = TypeVar("T")

_TROUBLES = (MoveError, TaskQueueError, OSError)

_FIRST_PAUSE = 1.0  # seconds
_LONGEST_PAUSE = 60.0
_SLICE = 0.5  # seconds after which somebody who wants it to stop is heard
_NOBODY: Collection[str] = ()


@runtime_checkable
class Holding(Protocol):
    """A source that can hold a batch for longer."""

    def hold(self, batch: Batch) -> None:
        """Have nobody else be given the records of *batch*, from now on for as long as at first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long what takes.

    Attributes:
        poll: Seconds after which a source that was empty is asked again.
        hold: Seconds for which a source holds a batch; a third of it later it is told to go on.
        report: Seconds between two reports; 0 is none.
    """

    poll: float = 5.0
    hold: float = 600.0
    report: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How it goes.

    Attributes:
        tally: Of all runs with this ledger.
        per_second: Records since the last report.
        failures: How often source or target have failed, in this run.
        trouble: The last failure, if nothing has gone well since.
    """

    tally: Tally
    per_second: float
    failures: int
    trouble: str | None


class _Stopped(Exception):
    """Somebody wants it to stop; what is begun is on the ledger."""


class Forwarder:
    """Forwards.

    Args:
        source: From where. Its records are deleted there.
        target: To where.
        ledger: Of this pair.
        dead_letters: Takes what the target refuses.
        clock: Measures, and waits.
        times: How long what takes.
        wants_stop: Asked twice a second, and between batches.
        note: Told of each failure.
        report: Told how it goes, from time to time and at the end.
    """

    def __init__(
        self,
        source: Source,
        target: Target,
        ledger: Ledger,
        dead_letters: DeadLetters,
        *,
        clock: Clock,
        times: Times,
        wants_stop: Callable[[], bool],
        note: Callable[[str], None],
        report: Callable[[State], None],
    ) -> None:
        self._source = source
        self._target = target
        self._ledger = ledger
        self._dead_letters = dead_letters
        self._clock = clock
        self._times = times
        self._wants_stop = wants_stop
        self._note = note
        self._report = report
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._trouble: str | None = None
        self._told_at = clock.monotonic()
        self._told = ledger.tally.all

    def run(self) -> Tally:
        """Forward until it is to stop.

        Returns:
            What became of all records, those of earlier runs included.
        """
        try:
            self._until_done(lambda: self._target.resume(self._ledger.mark))
            self._take_up()
            while True:
                self._until_done(self._forward_what_is_there)
                self._rest(self._times.poll)
        except _Stopped:
            self._tell()
            return self._ledger.tally

    def _take_up(self) -> None:
        """Finish what a run that ended had begun."""
        begun = self._ledger.begun()
        if begun is None:
            return
        batch = self._until_done(lambda: self._source.again(begun.place))
        if not begun.is_put:
            self._put(batch, again=True)
        self._done(batch)

    def _forward_what_is_there(self) -> None:
        for batch in self._source.batches(self._ledger.after):
            self._ledger.begin(batch.place)
            self._put(batch, again=False)
            self._done(batch)
            self._check()

    def _put(self, batch: Batch, *, again: bool) -> None:
        keep = self._keeper(batch)
        tries = 0

        def put() -> list[Outcome]:
            nonlocal tries
            tries += 1
            return self._target.put(batch.records, again=again or tries > 1)

        outcomes = self._until_done(put, meanwhile=keep)
        refused = [
            (record, outcome.reason)
            for record, outcome in zip(batch.records, outcomes, strict=True)
            if outcome.fate is Fate.REFUSED
        ]
        self._until_done(lambda: self._bury(refused), meanwhile=keep)
        self._ledger.put(batch.records, outcomes, self._target.mark())

    def _bury(self, refused: list[tuple[Record, str]]) -> None:
        if refused:
            self._dead_letters.add([record for record, _ in refused])
        for record, reason in refused:
            self._note(f"{record.name}: refused, now in {self._dead_letters.path}: {reason}")

    def _done(self, batch: Batch) -> None:
        self._until_done(lambda: self._source.done(batch, _NOBODY))
        self._ledger.done(batch.place)

    def _keeper(self, batch: Batch) -> Callable[[], None]:
        """What to call now and then, so that nobody else is given *batch*."""
        source = self._source
        if not isinstance(source, Holding):
            return lambda: None
        held_at = self._clock.monotonic()

        def keep() -> None:
            nonlocal held_at
            now = self._clock.monotonic()
            if now - held_at >= self._times.hold / 3:
                held_at = now
                self._patiently(lambda: source.hold(batch))

        return keep

    def _until_done(
        self, do: Callable[[], T], *, meanwhile: Callable[[], None] = lambda: None
    ) -> T:
        """What *do* returns, as soon as it does not fail."""
        while True:
            try:
                result = do()
            except _TROUBLES as error:
                self._failed(error)
                self._rest(self._pause, meanwhile)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            else:
                self._trouble = None
                self._pause = _FIRST_PAUSE
                return result

    def _patiently(self, do: Callable[[], None]) -> None:
        """Try something that may fail: it is tried again later anyway."""
        try:
            do()
        except _TROUBLES as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if str(error) != self._trouble:
            self._note(f"trying again: {error}")
        self._trouble = str(error)

    def _rest(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        until = self._clock.monotonic() + seconds
        self._check()
        while (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _SLICE))
            meanwhile()
            self._check()

    def _check(self) -> None:
        """Report if it is time to.

        Raises:
            _Stopped: It is to stop.
        """
        if self._wants_stop():
            raise _Stopped
        passed = self._clock.monotonic() - self._told_at
        if self._times.report and passed >= self._times.report:
            self._tell()

    def _tell(self) -> None:
        now = self._clock.monotonic()
        tally = self._ledger.tally
        per_second = (tally.all - self._told) / max(now - self._told_at, 0.001)
        self._told_at, self._told = now, tally.all
        self._report(
            State(
                tally=tally,
                per_second=per_second,
                failures=self._failures,
                trouble=self._trouble,
            )
        )
