"""Several requests on their way at once, as ``tqsdk.threads``, on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from tqsdk.bulk import Bulk, Chunk, Report

if TYPE_CHECKING:
    from tqsdk.aio.client import AsyncClient

Item = TypeVar("Item")


async def run_bulk(
    client: AsyncClient,
    bulk: Bulk[Item, Report],
    items: Iterable[Item] | AsyncIterable[Item],
    *,
    concurrency: int,
) -> Report:
    """Do *bulk* to all *items*; see ``tqsdk.threads.run_bulk``. Cancelled, it cancels its requests.

    Raises:
        BulkInterruptedError: Reading failed, or a callback, or all of a chunk; that is the cause.
    """
    on_their_way: set[asyncio.Task[Chunk[Item]]] = set()
    try:
        async for chunk in _chunks(bulk, items):
            on_their_way.add(asyncio.create_task(_done(client, chunk)))
            if len(on_their_way) == concurrency:
                hopeless = await _count(bulk, on_their_way, asyncio.FIRST_COMPLETED)
                if hopeless is not None:
                    raise hopeless
        await _count(bulk, on_their_way, asyncio.ALL_COMPLETED)
    except Exception as error:
        await _count(bulk, on_their_way, asyncio.ALL_COMPLETED)
        raise bulk.interrupted(error) from error
    finally:
        for task in on_their_way:
            task.cancel()
        await asyncio.gather(*on_their_way, return_exceptions=True)
    return bulk.so_far()


async def _chunks(
    bulk: Bulk[Item, Any], items: Iterable[Item] | AsyncIterable[Item]
) -> AsyncIterator[Chunk[Item]]:
    """If reading fails, what was read makes a last chunk; then the error is raised."""
    trouble: Exception | None = None
    try:
        async for item in each_of(items):
            chunk = bulk.take(item)
            if chunk is not None:
                yield chunk
    except Exception as error:
        trouble = error
    rest = bulk.rest()
    if rest is not None:
        yield rest
    if trouble is not None:
        raise trouble


async def each_of(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    """*items*, of either kind, as the one kind."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _done(client: AsyncClient, chunk: Chunk[Item]) -> Chunk[Item]:
    await client.run(chunk.script)
    return chunk


async def _count(
    bulk: Bulk[Item, Any], on_their_way: set[asyncio.Task[Chunk[Item]]], when: str
) -> Exception | None:
    """Wait, and move what is done from *on_their_way* to the count; see ``Bulk.count``."""
    hopeless = None
    done: set[asyncio.Task[Chunk[Item]]] = set()
    if on_their_way:
        done, _ = await asyncio.wait(on_their_way, return_when=when)
    for task in done:
        on_their_way.discard(task)
        hopeless = bulk.count(task.result()) or hopeless
    return hopeless
