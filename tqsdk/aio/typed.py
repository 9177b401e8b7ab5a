"""A queue of values, as ``tqsdk.typed``, for programs that run on an event loop."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
)
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar, Unpack, overload

from tqsdk.aio.lease import AsyncLease, AsyncLeases, Leasing
from tqsdk.aio.queue import AsyncQueue
from tqsdk.aio.tasks import each_of
from tqsdk.bulk import InsertReport, NewTask, check
from tqsdk.exchange import Script
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.options import CallOptions
from tqsdk.typed import NewValue, TypedLeasedTask, TypedQueueBase

V = TypeVar("V")


class AsyncTypedLease(TypedLeasedTask[V], AsyncLease):
    """A lease whose payload stands for a value."""


class AsyncTypedLeases(AsyncLeases, Generic[V]):
    """What one lease call gave, as ``AsyncLeases``."""

    if TYPE_CHECKING:  # they are given AsyncTypedLeases, and give them back

        @overload
        def __getitem__(self, index: int) -> AsyncTypedLease[V]: ...
        @overload
        def __getitem__(self, index: slice) -> tuple[AsyncTypedLease[V], ...]: ...
        def __getitem__(
            self, index: int | slice
        ) -> AsyncTypedLease[V] | tuple[AsyncTypedLease[V], ...]: ...
        def __iter__(self) -> Iterator[AsyncTypedLease[V]]: ...


class AsyncTypedQueue(TypedQueueBase[AsyncQueue, V]):
    """A queue whose payloads stand for values; made by ``AsyncClient.queue`` with a codec.

    Its methods are those of ``TypedQueue``, and are cancelled as those of ``AsyncQueue``.
    """

    async def insert(
        self,
        value: V,
        *,
        name: str | None = None,
        tag: str | None = None,
        eta: datetime | timedelta | None = None,
        dedupe: bool = True,
        **options: Unpack[CallOptions],
    ) -> Task:
        """Store a task for *value*; see ``Queue.insert``. What the codec raises comes out."""
        payload = self.codec.encode(value)
        return await self.raw.insert(payload, name=name, tag=tag, eta=eta, dedupe=dedupe, **options)

    def lease(
        self,
        *,
        max_tasks: int = 1,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> Leasing[AsyncTypedLeases[V]]:
        """Lease the oldest available tasks, each with its ``value``; see ``AsyncQueue.lease``."""
        script = self.raw._leasing(
            max_tasks=max_tasks,
            seconds=seconds,
            tag=tag,
            group_by_tag=group_by_tag,
            retry_ambiguous=retry_ambiguous,
            **options,
        )
        return Leasing(self.raw._client.run(self._typed(script)))

    def _typed(self, script: Script[AsyncLeases]) -> Script[AsyncTypedLeases[V]]:
        leases = yield from script
        typed = [AsyncTypedLease(lease, self.codec) for lease in leases]
        return AsyncTypedLeases(self.raw._client, typed)

    async def insert_many(
        self,
        values: Iterable[V | NewValue[V]] | AsyncIterable[V | NewValue[V]],
        *,
        dedupe: bool = True,
        concurrency: int = 4,
        progress: Callable[[InsertReport], None] | None = None,
        on_failure: Callable[[NewTask, Exception], None] | None = None,
        **options: Unpack[CallOptions],
    ) -> InsertReport:
        """Store a task for each of any number of values; see ``TypedQueue.insert_many``.

        *values* may be an asynchronous generator too.
        """
        check("values", values, concurrency)
        return await self.raw.insert_many(
            self._new_tasks(values),
            dedupe=dedupe,
            concurrency=concurrency,
            progress=progress,
            on_failure=on_failure,
            **options,
        )

    async def _new_tasks(
        self, values: Iterable[V | NewValue[V]] | AsyncIterable[V | NewValue[V]]
    ) -> AsyncIterator[NewTask]:
        async for value in each_of(values):
            yield self._new_task(value)

    async def lease_iter(
        self,
        *,
        max_tasks: int = 10,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> AsyncGenerator[AsyncTypedLease[V], None]:
        """Lease again and again, until nothing is available; see ``AsyncQueue.lease_iter``."""
        leases = self.raw.lease_iter(
            max_tasks=max_tasks,
            seconds=seconds,
            tag=tag,
            group_by_tag=group_by_tag,
            retry_ambiguous=retry_ambiguous,
            **options,
        )
        async with aclosing(leases):
            async for lease in leases:
                yield AsyncTypedLease(lease, self.codec)

    async def get(self, name: str, **options: Unpack[CallOptions]) -> Task:
        """One task; see ``Queue.get``."""
        return await self.raw.get(name, **options)

    async def list(self, **options: Unpack[CallOptions]) -> list[TaskSummary]:
        """The first 100 tasks, without payloads; see ``Queue.list``."""
        return await self.raw.list(**options)

    async def delete(
        self, name: str, *, missing_ok: bool = False, **options: Unpack[CallOptions]
    ) -> None:
        """Delete a task; see ``Queue.delete``."""
        await self.raw.delete(name, missing_ok=missing_ok, **options)

    async def stats(self, **options: Unpack[CallOptions]) -> QueueStats:
        """How many tasks there are; see ``Queue.stats``."""
        return await self.raw.stats(**options)

    async def info(self, **options: Unpack[CallOptions]) -> QueueInfo:
        """The queue as the server describes it; see ``Queue.info``."""
        return await self.raw.info(**options)
