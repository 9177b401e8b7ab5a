"""Time for AsyncClient: as ``tqsdk.clock``, but waiting lets others run."""

from __future__ import annotations

import asyncio
from typing import Protocol

from tqsdk.clock import SystemWatch, Watch


class AsyncClock(Watch, Protocol):
    """What AsyncClient asks of time. ``tqsdk.testing.AsyncVirtualClock`` takes no time."""

    async def sleep(self, seconds: float) -> None:
        """Return when *seconds* have passed."""
        ...


class AsyncSystemClock(SystemWatch):
    """The clock of the machine."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
