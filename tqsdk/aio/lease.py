"""Leased tasks, as ``tqsdk.lease``, for programs that run on an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Generator, Sequence
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from tqsdk.aio.unfinished import LINGER
from tqsdk.errors import DeadlineExceededError, LeaseLostError, TaskQueueError
from tqsdk.leased import LeasedTask, LeasedTasks
from tqsdk.operations import Address, Held
from tqsdk.options import CallOptions

if TYPE_CHECKING:
    from tqsdk.aio.client import AsyncClient

_log = logging.getLogger("tqsdk")


class AsyncLease(LeasedTask):
    """A task that is ours until the lease ends. Delete it when the work is done."""

    def __init__(self, client: AsyncClient, address: Address, held: Held) -> None:
        super().__init__(client, address, held)
        self._client = client

    async def renew(self, seconds: float | timedelta = 60, **options: Unpack[CallOptions]) -> None:
        """Let the lease end *seconds* from now; see ``Lease.renew``.

        Raises:
            LeaseLostError: It had ended.
        """
        await self._client.run(self._renewal(seconds, **options))

    async def release(self, **options: Unpack[CallOptions]) -> None:
        """Give the task back, so that it can be leased at once; its retry count stays.

        Raises:
            LeaseLostError: The lease had ended.
        """
        await self._client.run(self._return(**options))

    async def delete(self, *, missing_ok: bool = False, **options: Unpack[CallOptions]) -> None:
        """Delete the task: the work is done. See ``Lease.delete``.

        Raises:
            TaskNotFoundError: It had been deleted already, and not *missing_ok*.
        """
        await self._client.run(self._deletion(missing_ok=missing_ok, **options))


class AsyncLeases(LeasedTasks[AsyncLease]):
    """What one lease call gave, oldest first; empty if nothing was available.

    As a context manager it releases, on the way out, what was neither deleted nor released; see
    ``Leases``. A block that is cancelled does so too: the cancellation goes on when that is done,
    at the latest after 10 seconds. Cancelled once more, it goes on at once, and the release beside
    it, until the client is closed.
    """

    def __init__(self, client: AsyncClient, leases: Sequence[AsyncLease]) -> None:
        super().__init__(leases)
        self._client = client

    async def __aenter__(self) -> AsyncLeases:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        is_cancelled = error is not None and not isinstance(error, Exception)
        try:
            await self._client.unfinished.finish(self._leave(LINGER if is_cancelled else None))
        except TaskQueueError as failure:
            if error is None:
                raise
            _log.warning("tasks are not released, their leases run out: %s", failure)

    async def release(self, **options: Unpack[CallOptions]) -> None:
        """Release all that are not settled yet; those that have ended are none the worse for it."""
        for lease in self._to_release():
            with suppress(LeaseLostError):
                await lease.release(**options)

    async def _leave(self, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self.release()
        except TimeoutError:
            raise DeadlineExceededError(f"not done within {within:g} s") from None


class Leasing(Coroutine[Any, Any, AsyncLeases]):
    """A lease call: ``await`` it, or let ``async with`` do that."""

    def __init__(self, call: Coroutine[Any, Any, AsyncLeases]) -> None:
        self._call = call
        self._leases: AsyncLeases | None = None

    def __await__(self) -> Generator[Any, Any, AsyncLeases]:
        return self._call.__await__()

    def send(self, value: Any) -> Any:
        return self._call.send(value)

    def throw(self, *error: Any) -> Any:
        return self._call.throw(*error)

    def close(self) -> None:
        self._call.close()

    async def __aenter__(self) -> AsyncLeases:
        self._leases = await self._call
        return self._leases

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._leases is not None:
            await self._leases.__aexit__(kind, error, traceback)
