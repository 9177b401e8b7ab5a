"""A queue's handle, as ``tqsdk.queue``, for programs that run on an event loop."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Unpack

from tqsdk import limits, operations
from tqsdk.aio.lease import AsyncLease, AsyncLeases, Leasing
from tqsdk.aio.tasks import run_bulk
from tqsdk.bulk import DeleteReport, InsertReport, NewTask, check, deletion, insertion
from tqsdk.exchange import Script
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

    @property
    def address(self) -> Address:
        """What ``operations`` need to know of it."""
        return self._address

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
    ) -> Leasing[AsyncLeases]:
        """Lease the oldest available tasks: until the lease ends nobody else gets them.

        ``await`` gives the leases; ``async with`` gives them and releases, on the way out, what
        was neither deleted nor released. See ``Queue.lease``. Tasks of a call that was cancelled
        may stay hidden until its lease would have ended.
        """
        script = self._leasing(
            max_tasks=max_tasks,
            seconds=seconds,
            tag=tag,
            group_by_tag=group_by_tag,
            retry_ambiguous=retry_ambiguous,
            **options,
        )
        return Leasing(self._client.run(script))

    def _leasing(
        self,
        *,
        max_tasks: int,
        seconds: float | timedelta,
        tag: str | None,
        group_by_tag: bool,
        retry_ambiguous: bool,
        **options: Unpack[CallOptions],
    ) -> Script[AsyncLeases]:
        """``lease`` as a script, for whoever sends many things together."""
        held = yield from operations.lease(
            self._client.exchange(**options),
            self._address,
            max_tasks=max_tasks,
            seconds=seconds,
            tag=tag,
            group_by_tag=group_by_tag,
            retry_ambiguous=retry_ambiguous,
        )
        leases = [AsyncLease(self._client, self._address, each) for each in held]
        return AsyncLeases(self._client, leases)

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

    async def insert_many(
        self,
        tasks: Iterable[bytes | str | NewTask] | AsyncIterable[bytes | str | NewTask],
        *,
        dedupe: bool = True,
        concurrency: int = 4,
        progress: Callable[[InsertReport], None] | None = None,
        on_failure: Callable[[NewTask, Exception], None] | None = None,
        **options: Unpack[CallOptions],
    ) -> InsertReport:
        """Store any number of tasks, each exactly once; see ``Queue.insert_many``.

        *tasks* may be an asynchronous generator too. Cancelled, it cancels its requests.
        """
        check("tasks", tasks, concurrency)
        bulk = insertion(
            self._client.with_options(**options),
            self._address,
            dedupe=dedupe,
            progress=progress,
            on_failure=on_failure,
        )
        return await run_bulk(self._client, bulk, tasks, concurrency=concurrency)

    async def delete_many(
        self,
        names: Iterable[str] | AsyncIterable[str],
        *,
        concurrency: int = 4,
        progress: Callable[[DeleteReport], None] | None = None,
        on_failure: Callable[[str, Exception], None] | None = None,
        **options: Unpack[CallOptions],
    ) -> DeleteReport:
        """Delete any number of tasks, leased or not; see ``Queue.delete_many``."""
        check("names", names, concurrency)
        bulk = deletion(
            self._client.with_options(**options),
            self._address,
            progress=progress,
            on_failure=on_failure,
        )
        return await run_bulk(self._client, bulk, names, concurrency=concurrency)

    async def lease_iter(
        self,
        *,
        max_tasks: int = 10,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> AsyncGenerator[AsyncLease, None]:
        """Lease again and again, until nothing is available; see ``Queue.lease_iter``.

        Leaving ``async for`` early does not close the generator: ``contextlib.aclosing`` does, and
        with it the leases that were not given yet are released.
        """
        limits.lasting(self._address.limits, seconds)
        while True:
            leases = await self.lease(
                max_tasks=max_tasks,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                retry_ambiguous=retry_ambiguous,
                **options,
            )
            if not leases:
                return
            waiting = deque(leases)
            try:
                while waiting:
                    lease = waiting.popleft()
                    if lease.seconds_left:
                        yield lease
            finally:
                await AsyncLeases(self._client, list(waiting))._give_back()

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
