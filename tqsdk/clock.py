"""Time as an argument: whoever waits or measures is given a clock, so that no test sleeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Watch(Protocol):
    """Shows the time."""

    def now(self) -> datetime:
        """The date and time, aware. It may jump, either way."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment. It never goes back; leases and deadlines use it."""
        ...


class Clock(Watch, Protocol):
    """What the client asks of time. ``tqsdk.testing.VirtualClock`` is one to move by hand."""

    def sleep(self, seconds: float) -> None:
        """Return when *seconds* have passed."""
        ...


class SystemWatch:
    """Shows the time of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class SystemClock(SystemWatch):
    """The clock of the machine."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
