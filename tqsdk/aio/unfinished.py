"""Work that goes on when those who wait for it are cancelled: giving back what was leased."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

LINGER = 10.0  # seconds that giving back may hold up a cancellation, or the end of a client

_log = logging.getLogger("tqsdk")


class Unfinished:
    """The tasks that one client still has to do."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Do *work*, all of it, even if the wait for it is cancelled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_tell_failure)  # as there is nobody left to tell
            raise

    async def wait(self) -> None:
        """Wait until all is done, but not longer than ``LINGER``; what is not done is given up."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=LINGER)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _tell_failure(task: asyncio.Task[None]) -> None:
    failure = "given up" if task.cancelled() else task.exception()
    if failure is not None:
        _log.warning("tasks are not released, their leases run out: %s", failure)
