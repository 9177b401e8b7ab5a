"""The fast front: the door on an event loop, under any RSGI server.

A request runs on the loop, is handed to the store with one queue append, and is answered when its
batch is on disk: no thread waits for it, and one wake-up serves all requests of a batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Protocol

from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Store, Work
from emulator.rest.door import Door
from emulator.rest.messages import Pending, Request, RequestHeaders


class Scope(Protocol):
    """What an RSGI server says of a request."""

    scheme: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> RequestHeaders:
        """Looked up in lower case."""
        ...


class Exchange(Protocol):
    """How an RSGI server hands over the body and takes the answer."""

    async def __call__(self) -> bytes:
        """The whole body."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in pieces."""
        ...

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Answer without a body."""
        ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer with *body*."""
        ...


class RsgiFront:
    """An RSGI application."""

    def __init__(self, door: Door, store: Store) -> None:
        self._door = door
        self._store = store
        self._settled: deque[tuple[asyncio.Future[Outcome[Any]], Outcome[Any]]] = deque()
        self._awake = False

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Learn which loop the requests run on."""
        self._loop = loop

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer one request."""
        request = Request(
            verb=scope.method,
            path=scope.path,
            query=scope.query_string,
            headers=scope.headers,
            body=await _body(scope.headers, exchange, self._door.most_bytes(scope.path)),
            scheme=scope.scheme,
        )
        if self._door.waits:
            answer = await asyncio.to_thread(self._door, request)
        else:
            answer = self._door(request)
        if isinstance(answer, Pending):
            answer = answer.render(await self._outcome(answer.work))
        if answer.body:
            exchange.response_bytes(answer.status, list(answer.headers), answer.body)
        else:
            exchange.response_empty(answer.status, list(answer.headers))

    async def _outcome(self, work: Work[Any]) -> Outcome[Any]:
        future: asyncio.Future[Outcome[Any]] = self._loop.create_future()
        try:
            self._store.submit(work, lambda outcome: self._settle(future, outcome))
        except EngineError as error:
            return Outcome(error=error)
        return await future

    def _settle(self, future: asyncio.Future[Outcome[Any]], outcome: Outcome[Any]) -> None:
        """Take an outcome on the store's thread; wake the loop once for all that follow."""
        self._settled.append((future, outcome))
        if not self._awake:
            self._awake = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # Before the first pop: an outcome that comes after the last one wakes the loop again.
        self._awake = False
        while self._settled:
            future, outcome = self._settled.popleft()
            if not future.done():
                future.set_result(outcome)


async def _body(headers: RequestHeaders, exchange: Exchange, most: int) -> bytes | None:
    """The body, or None once it is known to have more than *most* bytes."""
    length = headers.get("content-length")
    if length is None:
        if headers.get("transfer-encoding") is None:
            return b""
        return await _body_of_unknown_length(exchange, most)
    if int(length) > most:
        return None
    return await exchange() if length != "0" else b""


async def _body_of_unknown_length(exchange: Exchange, most: int) -> bytes | None:
    body = bytearray()
    async for piece in exchange:
        body += piece
        if len(body) > most:
            return None
    return bytes(body)
