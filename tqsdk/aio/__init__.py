"""tqsdk for programs that run on an event loop.

::

    from tqsdk.aio import AsyncClient

    async with AsyncClient("my-project", endpoint="http://127.0.0.1:8088") as client:
        queue = client.queue("mail")
        await queue.insert(b"hello", tag="greeting")
        async with queue.lease(max_tasks=10, seconds=60) as leases:
            for lease in leases:
                print(lease.payload)
                await lease.delete()

The names, arguments, results and errors are those of ``tqsdk``, and the rules of repetition are its
code: only sending and waiting are done here. ``AiohttpTransport``, which clients use unless they
are given another, needs the extra ``async``, and is imported when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from tqsdk.aio.batch import AsyncBatch
from tqsdk.aio.client import AsyncClient
from tqsdk.aio.clock import AsyncClock, AsyncSystemClock
from tqsdk.aio.keep_alive import AsyncKeepAlive
from tqsdk.aio.lease import AsyncLease, AsyncLeases, Leasing
from tqsdk.aio.queue import AsyncQueue
from tqsdk.aio.transport import AsyncTransport
from tqsdk.aio.typed import AsyncTypedLease, AsyncTypedLeases, AsyncTypedQueue

if TYPE_CHECKING:
    from tqsdk.aio.aiohttp_transport import AiohttpTransport

__all__ = [
    "AiohttpTransport",
    "AsyncBatch",
    "AsyncClient",
    "AsyncClock",
    "AsyncKeepAlive",
    "AsyncLease",
    "AsyncLeases",
    "AsyncQueue",
    "AsyncSystemClock",
    "AsyncTransport",
    "AsyncTypedLease",
    "AsyncTypedLeases",
    "AsyncTypedQueue",
    "Leasing",
]


def __getattr__(name: str) -> Any:
    if name == "AiohttpTransport":
        from tqsdk.aio import aiohttp_transport

        return aiohttp_transport.AiohttpTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
