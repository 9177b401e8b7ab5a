"""Calls collected first and sent together, as ``tqsdk.batch``, for programs on an event loop."""

from __future__ import annotations

from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from tqsdk.aio.lease import AsyncLeases
from tqsdk.aio.queue import AsyncQueue
from tqsdk.batch import BatchBase, warn_of_errors
from tqsdk.lanes import Planned
from tqsdk.options import CallOptions

if TYPE_CHECKING:
    from tqsdk.aio.client import AsyncClient


class AsyncBatch(BatchBase):
    """Calls that are sent together, up to 1000 in one request; see ``Batch``.

    ``async with`` executes on the way out, unless the block raised. An execution that is cancelled
    leaves open what of it is done.
    """

    def __init__(self, client: AsyncClient, **options: Unpack[CallOptions]) -> None:
        super().__init__(client, **options)
        self._client = client

    def lease(
        self,
        queue: AsyncQueue,
        *,
        max_tasks: int = 1,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
    ) -> Planned[AsyncLeases]:
        """Plan ``queue.lease(...)``."""
        return self._plan(
            lambda: queue._leasing(
                max_tasks=max_tasks,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                retry_ambiguous=retry_ambiguous,
                **self._options,
            )
        )

    async def execute(self) -> list[Planned[Any]]:
        """Send all that was planned since the last time; see ``Batch.execute``."""
        return await self._client.run(self._execution())

    async def __aenter__(self) -> AsyncBatch:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            warn_of_errors(await self.execute())
