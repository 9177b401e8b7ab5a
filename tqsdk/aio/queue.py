"""A queue's handle, as ``tqsdk.queue``, for programs that run on an event loop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Unpack

from tqsdk import limits, operations
from tqsdk.aio.lease import AsyncLease, AsyncLeases, Leasing
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.operations import Address
from tqsdk.options import CallOptions

if TYPE_CHECKING:
    from tqsdk.aio.client import AsyncClient


class AsyncQueue:
    """A queue; made by ``AsyncClient.queue``, without asking the server.

    Its methods have the arguments, results and errors of those of ``Queue``, and raise
    ``CancelledError`` at once when they are cancelled: whether the server has done what was asked
    is unknown then, as after an ``AmbiguousResultError``.
    """

    def __init__(self, client: AsyncClient, name: str) -> None:
        self._client = client
        self._address = Address(client.project, limits.queue_name(name), client.limits)

    @property
    def name(self) -> str:
        return self._address.queue

    async def insert(
        self,
        payload: bytes | str,
        *,
        name: str | None = None,
        tag: str | None = None,
        eta: datetime | timedelta | None = None,
        dedupe: bool = True,
        **options: Unpack[CallOptions],
    ) -> Task:
        """Store a task, exactly once even if answers are lost on the way; see ``Queue.insert``.

        To be able to repeat an insert that was cancelled, give it a name.
        """
        exchange = self._client.exchange(**options)
        return await self._client.run(
            operations.insert(
                exchange, self._address, payload, name=name, tag=tag, eta=eta, dedupe=dedupe
            )
        )

    def lease(
        self,
        *,
        max_tasks: int = 1,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> Leasing:
        """Lease the oldest available tasks: until the lease ends nobody else gets them.

        ``await`` gives the leases; ``async with`` gives them and releases, on the way out, what
        was neither deleted nor released. See ``Queue.lease``. Tasks of a call that was cancelled
        may stay hidden until its lease would have ended.
        """

        async def leases() -> AsyncLeases:
            exchange = self._client.exchange(**options)
            held = await self._client.run(
                operations.lease(
                    exchange,
                    self._address,
                    max_tasks=max_tasks,
                    seconds=seconds,
                    tag=tag,
                    group_by_tag=group_by_tag,
                    retry_ambiguous=retry_ambiguous,
                )
            )
            mine = [AsyncLease(self._client, self._address, each) for each in held]
            return AsyncLeases(self._client, mine)

        return Leasing(leases())

    async def get(self, name: str, **options: Unpack[CallOptions]) -> Task:
        """One task with its payload, leased or not; this does not lease it."""
        exchange = self._client.exchange(**options)
        return await self._client.run(operations.get(exchange, self._address, name))

    async def list(self, **options: Unpack[CallOptions]) -> list[TaskSummary]:
        """The first 100 tasks, leased or not, without payloads. The API has no further pages."""
        exchange = self._client.exchange(**options)
        return await self._client.run(operations.list_(exchange, self._address))

    async def delete(
        self, name: str, *, missing_ok: bool = False, **options: Unpack[CallOptions]
    ) -> None:
        """Delete a task, leased or not, by whomever; see ``Queue.delete``."""
        exchange = self._client.exchange(**options)
        script = operations.delete(exchange, self._address, name, missing_ok=missing_ok)
        await self._client.run(script)

    async def stats(self, **options: Unpack[CallOptions]) -> QueueStats:
        """How many tasks there are, how old the oldest is, and how many were leased of late."""
        exchange = self._client.exchange(**options)
        return await self._client.run(operations.stats(exchange, self._address))

    async def info(self, **options: Unpack[CallOptions]) -> QueueInfo:
        """The queue as the server describes it, without statistics."""
        exchange = self._client.exchange(**options)
        return await self._client.run(operations.info(exchange, self._address))

    def __repr__(self) -> str:
        return f"AsyncQueue({self._address.project!r}, {self.name!r})"
