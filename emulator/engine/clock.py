"""Time as an argument: integer microseconds since 1970 UTC, and never backwards."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

MICROSECONDS = 1_000_000

LATEST = 253_402_214_400 * MICROSECONDS
"""The last day of 9999, beyond which no controlled clock goes: calendars end there."""


class Clock(Protocol):
    """Where an operation asks what time it is."""

    def now(self) -> int:
        """Microseconds since 1970 UTC; never less than an earlier answer."""
        ...


class SystemClock:
    """The machine's wall clock, held still while the machine sets it back.

    A lease that has been seen to end must not come alive again because an operator or NTP moved
    the clock, so the largest time given out is remembered.
    """

    def __init__(self) -> None:
        self._latest = 0
        self._lock = threading.Lock()

    def now(self) -> int:
        """Microseconds since 1970 UTC; never less than an earlier answer."""
        with self._lock:
            self._latest = max(self._latest, time.time_ns() // 1_000)
            return self._latest


class VirtualClock:
    """A clock that stands still until it is moved; for tests."""

    def __init__(self, now: int = 1_800_000_000 * MICROSECONDS) -> None:
        self._now = now
        self._lock = threading.Lock()

    def now(self) -> int:
        """Microseconds since 1970 UTC; never less than an earlier answer."""
        return self._now

    def advance(self, seconds: float) -> int:
        """Move *seconds* forward and return the new time in microseconds.

        Raises:
            ValueError: *seconds* is negative.
        """
        if seconds < 0:
            raise ValueError(f"a clock never goes back, so it cannot advance by {seconds} s")
        with self._lock:
            self._now += round(seconds * MICROSECONDS)
            return self._now


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """How a controlled clock goes: from an instant of its own on, so many times as fast as another.

    All but *factor* is in microseconds.

    Attributes:
        base: The time of the other clock, most often the machine's, when this state began.
        own: The time of the controlled clock then.
        factor: How much of its own time passes in one second of the other; 0 is none.
        auto_jump: How far a lease that would be empty may jump ahead; 0 is not at all.
        seen: The latest time that something was stored at. The other clock may have been set back
            since, while nobody watched.
    """

    base: int
    own: int
    factor: float = 1.0
    auto_jump: int = 0
    seen: int = 0

    def at(self, base: int) -> int:
        """The own time when the other clock shows *base*. A smaller *base* never gives more."""
        passed = round(max(base - self.base, 0) * self.factor)
        return min(max(self.own + passed, self.seen), LATEST)

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing but the other clock's time, now and later."""
        return (self.own, self.factor, self.auto_jump) == (self.base, 1.0, 0)
