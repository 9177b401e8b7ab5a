"""A clock that tests move: frozen, ahead of the machine's, faster, or from ETA to ETA.

How it goes is kept in the store, and each unit of work reads it there, in its own transaction: so a
unit that is undone has not moved the clock, and one that is run again moves it once (RULINGS 3).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from emulator.engine.clock import LATEST, Clock, ClockState
from emulator.engine.errors import WrongTimeError
from emulator.engine.model import QueueId
from emulator.engine.store import Transaction, Work


class Reading(NamedTuple):
    """What a controlled clock shows.

    Attributes:
        now: Microseconds.
        state: How it goes; None is as the machine's.
    """

    now: int
    state: ClockState | None


class ControlledClock:
    """A ``Clock`` over another one, which it follows until it is moved.

    Inside a unit of work ``now_in`` is the time. ``now`` is for what needs no transaction, such as
    a rate or a date to show: it is what the last unit saw, and goes on from there.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._state: ClockState | None = None
        self._latest = 0

    def now(self) -> int:
        """Microseconds since 1970 UTC; never less than an earlier answer since it was begun anew.

        That is what ``forget`` and ``start_over`` do.
        """
        with self._lock:
            base = self._base.now()
            now = base if self._state is None else self._state.at(base)
            # A state that was seen here may have been undone since: its commit failed.
            self._latest = max(self._latest, now)
            return self._latest

    def now_in(self, tx: Transaction) -> int:
        """The time in a unit of work, in microseconds; never less than in a unit before it."""
        state = self._state = tx.clock()
        base = self._base.now()
        if state is None:
            return base
        now = state.at(base)
        if state.factor:
            tx.saw(now)
        return now

    def read(self, tx: Transaction) -> Reading:
        """A unit of work: what the clock shows. Run first, it has ``now`` follow the store."""
        return Reading(self.now_in(tx), self._state)

    def freeze(self) -> Work[Reading]:
        """Have the time stand still."""
        return self.scale(0)

    def scale(self, factor: float) -> Work[Reading]:
        """Have *factor* seconds pass in one of the other clock; 0 or more."""
        return self._change(lambda state: replace(state, factor=float(factor)))

    def advance(self, microseconds: int) -> Work[Reading]:
        """Move ahead by *microseconds*, 0 or more.

        Raises:
            WrongTimeError: From the unit: that is beyond ``LATEST``.
        """
        return self._change(lambda state: _moved(state, state.own + microseconds))

    def set(self, time: int) -> Work[Reading]:
        """Move ahead to *time*, in microseconds.

        Raises:
            WrongTimeError: From the unit: that is in the past, or beyond ``LATEST``.
        """
        return self._change(lambda state: _moved(state, time))

    def auto_jump(self, microseconds: int) -> Work[Reading]:
        """Let a lease that would be empty jump ahead by so much at most; 0 is not at all."""
        return self._change(lambda state: replace(state, auto_jump=microseconds))

    def jumps(self, tx: Transaction, queue: QueueId, *, now: int, tag: str | None) -> Iterator[int]:
        """Jump from ETA to ETA of *queue*, as far as may be; what it is then, each time.

        Args:
            tx: Where the jumps are kept.
            queue: Whose tasks.
            now: Where to begin; the farthest jump is measured from here.
            tag: Only ETAs of tasks with exactly this tag; None is any.
        """
        state = tx.clock()
        if state is None or not state.auto_jump:
            return
        farthest = min(now + state.auto_jump, LATEST)
        while (eta := tx.next_eta(queue, after=now, tag=tag)) is not None and eta <= farthest:
            now = self._keep(tx, partial(_at_least, eta)).now
            yield now

    def forget(self) -> None:
        """Go back to the other clock, once the store has been made to forget the state."""
        with self._lock:
            self._state = None
            self._latest = 0

    def start_over(self, tx: Transaction) -> None:
        """A unit of work: go by the store's state, which is of another past than what was shown."""
        with self._lock:
            self._state = tx.clock()
            self._latest = 0

    def _change(self, change: Callable[[ClockState], ClockState]) -> Work[Reading]:
        return lambda tx: self._keep(tx, change)

    def _keep(self, tx: Transaction, change: Callable[[ClockState], ClockState]) -> Reading:
        """Have *change* make another state of the one there is, which begins now."""
        base = self._base.now()
        before = tx.clock() or ClockState(base=base, own=base)
        changed = change(replace(before, base=base, own=before.at(base)))
        state = None if changed.is_plain else changed
        if state != tx.clock():
            tx.set_clock(state)
        self._state = state
        return Reading(changed.own, state)


def _at_least(time: int, state: ClockState) -> ClockState:
    return replace(state, own=max(state.own, time))


def _moved(state: ClockState, to: int) -> ClockState:
    if not state.own <= to <= LATEST:
        raise WrongTimeError(to, now=state.own, latest=LATEST)
    return replace(state, own=to)
