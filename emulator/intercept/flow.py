"""Bytes between connections: kept until it is known where they go, then passed on."""

from __future__ import annotations

import asyncio
from typing import cast


class Arriving(asyncio.Protocol):
    """The beginning of a connection, until something else takes over.

    Attributes:
        transport: The connection, once it is made.
    """

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._data = b""
        self._ended = False
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._changed.set()

    async def head(self, *, most: int) -> bytes:
        """What comes first, up to an empty line and with it. What follows is kept, and not read on.

        Raises:
            EOFError: The connection ended before, or the head has more than *most* bytes.
        """
        while b"\r\n\r\n" not in self._data:
            if self._ended or len(self._data) > most:
                raise EOFError("the connection ended before the head did")
            self._changed.clear()
            await self._changed.wait()
        self.transport.pause_reading()
        head, end, self._data = self._data.partition(b"\r\n\r\n")
        return head + end

    def hand_over(
        self, to: asyncio.Protocol | asyncio.BufferedProtocol, *, first: bytes = b""
    ) -> None:
        """Have *to* read the connection from now on, after *first* and what has been kept."""
        self.transport.set_protocol(to)
        to.connection_made(self.transport)
        if self._ended:
            to.connection_lost(None)
            return
        self.transport.resume_reading()
        if isinstance(to, asyncio.BufferedProtocol):
            _feed(to, first + self._data)
        else:
            to.data_received(first + self._data)


class Pipe(asyncio.Protocol):
    """Passes on what one connection brings to another, no faster than that one takes it."""

    def __init__(self, to: asyncio.Transport) -> None:
        self._to = to
        self._secure = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._secure = transport.get_extra_info("sslcontext") is not None

    def data_received(self, data: bytes) -> None:
        self._to.write(data)

    def eof_received(self) -> bool:
        """Let the other direction go on, where TLS allows it."""
        if self._to.can_write_eof():
            self._to.write_eof()
        return not self._secure

    def pause_writing(self) -> None:
        self._to.pause_reading()

    def resume_writing(self) -> None:
        self._to.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._to.close()


def _feed(to: asyncio.BufferedProtocol, data: bytes) -> None:
    while data:
        buffer = memoryview(to.get_buffer(len(data)))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        to.buffer_updated(size)
        data = data[size:]
