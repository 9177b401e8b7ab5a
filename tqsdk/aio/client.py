"""The client for programs that run on an event loop, and the loop that runs a script there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, ParamSpec, TypeVar, Unpack, overload

from tqsdk.aio.batch import AsyncBatch
from tqsdk.aio.clock import AsyncClock, AsyncSystemClock
from tqsdk.aio.keep_alive import AsyncKeeper
from tqsdk.aio.queue import AsyncQueue
from tqsdk.aio.transport import AsyncTransport
from tqsdk.aio.typed import AsyncTypedQueue
from tqsdk.aio.unfinished import Unfinished
from tqsdk.calls import Call
from tqsdk.client_base import ClientBase, ClientSettings
from tqsdk.codecs import Codec
from tqsdk.exchange import Authorize, Pause, Script, Step
from tqsdk.options import CallOptions
from tqsdk.raw import RawResponse, await_recorded
from tqsdk.transport import Response

if TYPE_CHECKING:
    from tqsdk.aio.aiohttp_transport import AiohttpTransport

T = TypeVar("T")
P = ParamSpec("P")
V = TypeVar("V")

_SYSTEM_CLOCK = AsyncSystemClock()


class AsyncClient(ClientBase[AsyncClock]):
    """A connection to one server, for one project; safe to share between the tasks of a loop.

    Args:
        project: The project id, with or without a partition such as ``s~``; otherwise from
            ``GOOGLE_CLOUD_PROJECT``.
        transport: What carries requests; the client closes it only if it made it itself.
        clock: What measures time and waits.
        settings: As ``ClientSettings``: ``endpoint``, ``token``, ``credentials``, ``retry`` ...

    Raises:
        ConfigError: No project or no server is given, or a setting makes no sense; or aiohttp is
            missing.
    """

    def __init__(
        self,
        project: str | None = None,
        *,
        transport: AsyncTransport | None = None,
        clock: AsyncClock = _SYSTEM_CLOCK,
        **settings: Unpack[ClientSettings],
    ) -> None:
        self._own: AiohttpTransport | None = None
        if transport is None:
            transport = self._own = _aiohttp_transport()
        # The one that goes over a network says with what.
        product: str | None = getattr(transport, "product", None)
        super().__init__(
            project, product=product, is_remote=product is not None, clock=clock, **settings
        )
        self._transport = transport
        # What blocks of leases still have to do that were cancelled twice.
        self.unfinished: Unfinished = Unfinished()
        self.keeper: AsyncKeeper = AsyncKeeper(self)

    @overload
    def queue(self, name: str) -> AsyncQueue: ...
    @overload
    def queue(self, name: str, *, codec: Codec[V]) -> AsyncTypedQueue[V]: ...
    def queue(self, name: str, *, codec: Codec[V] | None = None) -> AsyncQueue | AsyncTypedQueue[V]:
        """A handle on a queue; the server is not asked. See ``Client.queue``.

        Raises:
            ArgumentError: No queue can have this name.
        """
        queue = AsyncQueue(self, name)
        return queue if codec is None else AsyncTypedQueue(queue, codec)

    def batch(self, **options: Unpack[CallOptions]) -> AsyncBatch:
        """Collect calls, to send them together; *options* hold for each of them."""
        return AsyncBatch(self, **options)

    async def perform(self, call: Call[T], **options: Unpack[CallOptions]) -> T:
        """Send a call made by hand with ``tqsdk.calls``; see ``Client.perform``."""
        return await self.run(self.exchange(**options).perform(call, repeatable=not call.changes))

    async def with_raw_response(
        self, method: Callable[P, Awaitable[T]], /, *args: P.args, **keywords: P.kwargs
    ) -> RawResponse[T]:
        """Call any method that asks the server, and return its answer beside the result::

        raw = await client.with_raw_response(queue.insert, b"hello", tag="greeting")
        raw.result, raw.status, raw.headers, raw.attempts
        """
        return await await_recorded(method, *args, **keywords)

    async def run(self, script: Script[T]) -> T:
        """Do what *script* says, one thing after the other, and return its result."""
        try:
            step = next(script)
            while True:
                try:
                    answer = await self._do(step)
                except BaseException as error:  # whatever it is, the script may have to clean up
                    step = script.throw(error)
                else:
                    step = script.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _do(self, step: Step) -> Response | str | None:
        if isinstance(step, Authorize):
            if self._authorizer.at_once(step.rejected):
                return self._authorizer.header(step.rejected)
            return await asyncio.to_thread(self._authorizer.header, step.rejected)
        if isinstance(step, Pause):
            await self.clock.sleep(step.seconds)
            return None
        with step.span.active() if step.span is not None else nullcontext():
            return await self._transport.send(step.request, step.timeout)

    async def close(self) -> None:
        """Close the connections, unless the transport was given and may serve others.

        Blocks of leased tasks that were cancelled may still be releasing them: that is waited for,
        up to 10 seconds.
        """
        await self.unfinished.wait()
        await self.keeper.close()
        if self._own is not None and self._closes:
            await self._own.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _aiohttp_transport() -> AiohttpTransport:
    from tqsdk.aio.aiohttp_transport import AiohttpTransport  # optional, and slow to import

    return AiohttpTransport()
