"""A test of a program that uses AsyncClient, without a server; see docs/client-async.md."""

import asyncio

from tqsdk.aio import AsyncClient, AsyncQueue
from tqsdk.testing import AsyncScriptedTransport, AsyncVirtualClock, answer, refusal


async def backlog(queue: AsyncQueue) -> int:
    """The program under test."""
    return (await queue.stats()).total_tasks


async def test_the_backlog_is_told_though_the_server_was_busy() -> None:
    busy = refusal(429, "slow down", headers={"Retry-After": "60"})
    transport = AsyncScriptedTransport(busy, answer({"stats": {"totalTasks": 7}}))
    clock = AsyncVirtualClock()
    client = AsyncClient("my-app", transport=transport, clock=clock)

    assert await backlog(client.queue("mail")) == 7

    assert len(transport.requests) == 2
    assert clock.monotonic() >= 60  # but took no time


asyncio.run(test_the_backlog_is_told_though_the_server_was_busy())
