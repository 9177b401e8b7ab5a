"""Leases that are renewed while a block runs, as ``tqsdk.keep_alive``, by one task of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING

from tqsdk.keeping import Keeping, Upkeep

if TYPE_CHECKING:
    from tqsdk.aio.client import AsyncClient
    from tqsdk.aio.lease import AsyncLease


class AsyncKeepAlive(Keeping["AsyncLease"]):
    """Renews leases while its block runs; made by ``keep_alive`` of leases."""

    def __init__(
        self,
        client: AsyncClient,
        leases: Sequence[AsyncLease],
        seconds: float | timedelta,
        on_lost: Callable[[AsyncLease], None] | None,
    ) -> None:
        super().__init__(client, leases, seconds, on_lost)
        self._keeper = client.keeper

    async def __aenter__(self) -> AsyncKeepAlive:
        self._keeper.add(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self._keeper.drop(self)
        if error is None:
            self.raise_if_lost()


class AsyncKeeper:
    """The task that renews the leases of one client; it runs while there are any to keep."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._upkeep = Upkeep(client)
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, keeping: AsyncKeepAlive) -> None:
        """Begin to keep."""
        if self._task is None or self._task.done():
            self._upkeep = Upkeep(self._client)
            self._changed = asyncio.Event()  # of this loop: the last one may have ended
            self._task = asyncio.create_task(self._run())
        self._upkeep.add(keeping)
        self._changed.set()

    def drop(self, keeping: AsyncKeepAlive) -> None:
        """Look at once at what has been stopped."""
        self._upkeep.drop(keeping)
        self._changed.set()

    async def close(self) -> None:
        """Give up what is still kept."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._upkeep.close()

    async def _run(self) -> None:
        wait = await self._client.run(self._upkeep.turn())
        while wait is not None or self._upkeep.has_news:
            if not self._upkeep.has_news:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._changed.wait()
            self._changed.clear()
            wait = await self._client.run(self._upkeep.turn())
