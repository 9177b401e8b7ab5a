"""Leased tasks, as ``tqsdk.lease``, for programs that run on an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator, Sequence
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack

from tqsdk.aio.keep_alive import AsyncKeepAlive
from tqsdk.aio.unfinished import LINGER
from tqsdk.errors import DeadlineExceededError, TaskQueueError
from tqsdk.leased import LeasedTask, LeasedTasks
from tqsdk.operations import Address, Held
from tqsdk.options import CallOptions

if TYPE_CHECKING:
    from tqsdk.aio.client import AsyncClient

Given = TypeVar("Given", bound="AsyncLeases")

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

    def keep_alive(
        self,
        seconds: float | timedelta = 60,
        *,
        on_lost: Callable[[AsyncLease], None] | None = None,
    ) -> AsyncKeepAlive:
        """Renew the lease in the background while a block of ``async with`` runs.

        See ``Lease.keep_alive``. *on_lost* is called on the event loop; to end the work, it can
        cancel the task that does it.
        """
        return AsyncKeepAlive(self._client, [self], seconds, on_lost)

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

    def keep_alive(
        self,
        seconds: float | timedelta = 60,
        *,
        on_lost: Callable[[AsyncLease], None] | None = None,
    ) -> AsyncKeepAlive:
        """Renew all of them in the background while a block runs; see ``Leases.keep_alive``."""
        return AsyncKeepAlive(self._client, self._leases, seconds, on_lost)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            await self._client.unfinished.finish(self._leave(None))
        else:
            await self._give_back(None if isinstance(error, Exception) else LINGER)

    async def release(self, **options: Unpack[CallOptions]) -> None:
        """Release all that are not settled yet; those that have ended are none the worse for it."""
        await self._client.run(self._releases(**options))

    async def _give_back(self, within: float | None = None) -> None:
        """``release``, where there is nobody to tell of a failure."""
        try:
            await self._client.unfinished.finish(self._leave(within))
        except TaskQueueError as failure:
            _log.warning("tasks are not released, their leases run out: %s", failure)

    async def _leave(self, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self.release()
        except TimeoutError:
            raise DeadlineExceededError(f"not done within {within:g} s") from None


class Leasing(Coroutine[Any, Any, Given], Generic[Given]):
    """A lease call: ``await`` it, or let ``async with`` do that."""

    def __init__(self, call: Coroutine[Any, Any, Given]) -> None:
        self._call = call
        self._leases: Given | None = None

    def __await__(self) -> Generator[Any, Any, Given]:
        return self._call.__await__()

    def send(self, value: Any) -> Any:
        return self._call.send(value)

    def throw(self, *error: Any) -> Any:
        return self._call.throw(*error)

    def close(self) -> None:
        self._call.close()

    async def __aenter__(self) -> Given:
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
