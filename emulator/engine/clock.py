"""Time as an argument: integer microseconds since 1970 UTC, and never backwards."""

from __future__ import annotations

import threading
import time
from typing import Protocol

MICROSECONDS = 1_000_000


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
