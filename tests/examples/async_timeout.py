"""Work that must not take longer than its lease; see docs/client-async.md."""

import asyncio

from tqsdk.aio import AsyncClient, AsyncLease


async def work(lease: AsyncLease) -> None:
    await asyncio.Event().wait()  # will never be done


async def main() -> None:
    async with AsyncClient() as client:
        queue = client.queue("slow")
        await queue.insert("a", name="a")

        async with queue.lease(seconds=60) as leases:
            for lease in leases:
                try:
                    async with asyncio.timeout(0.1):
                        await work(lease)
                    await lease.delete()
                except TimeoutError:
                    print(f"{lease.name} takes too long, somebody else may try")

        print(f"available again: {[lease.name for lease in await queue.lease()]}")


asyncio.run(main())
