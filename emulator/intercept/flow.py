"""Bytes between connections: kept until it is known where they go, then passed on."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import cast

_MOST_HEAD_BYTES = 65_536
_HANDSHAKE = b"\x16"  # the first byte of TLS, and of no request


class Arriving(asyncio.Protocol):
    """The beginning of a connection, of which nothing is read until somebody asks for it.

    Attributes:
        transport: The connection, once it is made.
    """

    transport: asyncio.Transport

    def __init__(self, made: Callable[[Arriving], None] | None = None) -> None:
        """Begin.

        Args:
            made: Told when the connection is made.
        """
        self._made = made
        self._data = b""
        self._ended = False
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.pause_reading()
        if self._made is not None:
            self._made(self)

    def data_received(self, data: bytes) -> None:
        self._data += data
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._changed.set()

    async def begins_with_tls(self) -> bool:
        """Whether what comes first is TLS; waits until something comes, and leaves it there."""
        if self._data:  # sent ahead, which no client does before TLS
            return False
        something = asyncio.Event()
        loop = asyncio.get_running_loop()
        with self.transport.get_extra_info("socket").dup() as arriving:
            loop.add_reader(arriving, something.set)
            try:
                await something.wait()
            finally:
                loop.remove_reader(arriving)
            first: bytes = arriving.recv(1, socket.MSG_PEEK)
        return first == _HANDSHAKE

    async def start_tls(self, context: ssl.SSLContext, *, of: str | None = None) -> Arriving:
        """The same connection, in TLS.

        Args:
            context: Whom to trust, or who we are.
            of: The name of the server at the other end; None if we are the server.

        Raises:
            OSError: The other end wants none, or not this.
        """
        secured = Arriving()
        transport = await asyncio.get_running_loop().start_tls(
            self.transport, secured, context, server_side=of is None, server_hostname=of
        )
        assert transport is not None
        secured.connection_made(transport)
        return secured

    async def head(self) -> bytes:
        """What comes first, up to an empty line and with it. What follows is kept, and not read on.

        Raises:
            EOFError: The connection ended before, or the head has too many bytes.
        """
        self.transport.resume_reading()
        while b"\r\n\r\n" not in self._data:
            if self._ended or len(self._data) > _MOST_HEAD_BYTES:
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
