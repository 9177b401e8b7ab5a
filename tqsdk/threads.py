"""Several requests on their way at once, for callers who wait: the chunks of a bulk, on threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar

from tqsdk.bulk import Bulk, Chunk, Report

if TYPE_CHECKING:
    from tqsdk.client import Client

Item = TypeVar("Item")


def run_bulk(
    client: Client, bulk: Bulk[Item, Report], items: Iterable[Item], *, concurrency: int
) -> Report:
    """Do *bulk* to all *items*, which are read in the thread of the caller.

    Callbacks are called there too.

    Args:
        client: What runs the chunks.
        bulk: What is to be done, and where it is counted.
        items: Read no further than there is room.
        concurrency: Chunks on their way at once; at least 1.

    Returns:
        The report of all.

    Raises:
        BulkInterruptedError: Reading failed, or a callback, or all of a chunk; that is the cause.
            What was on its way is counted in its report.
    """
    with ThreadPoolExecutor(concurrency, "tqsdk-bulk") as pool:
        on_their_way: set[Future[Chunk[Item]]] = set()
        try:
            for chunk in _chunks(bulk, items):
                on_their_way.add(pool.submit(_done, client, chunk))
                if len(on_their_way) == concurrency:
                    hopeless = _count(bulk, on_their_way, FIRST_COMPLETED)
                    if hopeless is not None:
                        raise hopeless
            _count(bulk, on_their_way, ALL_COMPLETED)
        except Exception as error:
            _count(bulk, on_their_way, ALL_COMPLETED)
            raise bulk.interrupted(error) from error
    return bulk.so_far()


def _chunks(bulk: Bulk[Item, Any], items: Iterable[Item]) -> Iterator[Chunk[Item]]:
    """If reading fails, what was read makes a last chunk; then the error is raised."""
    trouble: Exception | None = None
    try:
        for item in items:
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


def _done(client: Client, chunk: Chunk[Item]) -> Chunk[Item]:
    client.run(chunk.script)
    return chunk


def _count(
    bulk: Bulk[Item, Any], on_their_way: set[Future[Chunk[Item]]], when: str
) -> Exception | None:
    """Wait, and move what is done from *on_their_way* to the count; see ``Bulk.count``."""
    hopeless = None
    for future in wait(on_their_way, return_when=when).done:
        on_their_way.discard(future)
        hopeless = bulk.count(future.result()) or hopeless
    return hopeless
