"""Inserts three tasks at once, then works through the queue; see docs/client-async.md."""

import asyncio

from tqsdk.aio import AsyncClient


async def main() -> None:
    async with AsyncClient() as client:
        queue = client.queue("mail")

        names = ["Ada", "Grace", "Katherine"]
        await asyncio.gather(*[queue.insert(f"Hello, {name}!", tag="welcome") for name in names])

        async with queue.lease(max_tasks=10, seconds=60) as leases:
            for lease in leases:
                print(lease.text())
                await lease.delete()


asyncio.run(main())
