"""A small TCP relay for servers that cannot lose an answer: it does what a marked answer asks for.

A WSGI application has no socket that it could reset. So it marks the answer instead, and this
stands between it and its clients. Requests and answers that are not marked pass as they are, but
for headers that end each connection with its first answer: so nothing but heads need be understood.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable
from contextlib import closing, suppress

MANNER_HEADER = "x-emulator-manner"
"""In an answer: ``cut``, ``withheld`` or ``truncated``."""

RELAY_HEADER = "x-emulator-relay"
"""In a request: there is a relay, and an answer may be marked."""

_MOST_HEAD_BYTES = 131_072
_READ_AT_ONCE = 65_536

_END = b"\r\n\r\n"
_BETWEEN_US = re.compile(rb"(?mi)^(?:connection|keep-alive|x-emulator-\w+):.*\r\n")
_MANNER = re.compile(rb"(?mi)^x-emulator-manner:[ \t]*(\w+)")
_INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d ")
_NO_HEAD = (asyncio.IncompleteReadError, asyncio.LimitOverrunError)
_LINGER_FOR_NO_TIME = struct.pack("ii", 1, 0)  # to close is then to reset


class Relay:
    """Passes connections on to the server at *host* and *port*."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        # asyncio itself holds a connection's task only weakly once the client has said all.
        self._serving: set[asyncio.Task[None]] = set()

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        """Serve whoever connects to *listener*, from now on."""
        return await asyncio.start_server(self._connected, sock=listener, limit=_MOST_HEAD_BYTES)

    def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve a client until its connection ends."""
        with closing(writer), suppress(ConnectionError, *_NO_HEAD):
            try:
                head = await reader.readuntil(_END)
                served, server = await asyncio.open_connection(
                    *self._target, limit=_MOST_HEAD_BYTES
                )
            except (OSError, asyncio.LimitOverrunError) as error:
                writer.write(_bad_gateway(error))
                return
            with closing(server):
                server.write(_with(head, f"{RELAY_HEADER}: yes"))
                sending = asyncio.ensure_future(_pass_on(reader, server))
                try:
                    await _answer(served, writer, gone=sending)
                finally:
                    sending.cancel()


async def _answer(served: StreamReader, writer: StreamWriter, gone: Awaitable[None]) -> None:
    """Pass the server's answer on to the client, as the answer says."""
    while _INTERIM.match(head := await served.readuntil(_END)):
        writer.write(head)
    found = _MANNER.search(head)
    match found and found[1]:
        case b"cut":
            wire: socket.socket = writer.get_extra_info("socket")
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_FOR_NO_TIME)
            writer.transport.abort()
        case b"withheld":
            await gone
        case b"truncated":
            head, body = _with(head), await served.read()
            writer.write(head + body[: len(body) // 2] if body else head[: len(head) // 2])
        case _:
            writer.write(_with(head))
            await _pass_on(served, writer)
    await writer.drain()


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    """Pass bytes on until there are no more, or nobody to read them."""
    with suppress(ConnectionError):
        while piece := await reader.read(_READ_AT_ONCE):
            writer.write(piece)
            await writer.drain()


def _with(head: bytes, *lines: str) -> bytes:
    """*head* with *lines*, as that of the only message of its connection."""
    first, _, rest = head.partition(b"\r\n")
    added = "".join(f"{line}\r\n" for line in ("connection: close", *lines)).encode()
    return first + b"\r\n" + added + _BETWEEN_US.sub(b"", rest)


def _bad_gateway(error: Exception) -> bytes:
    """The answer where the server cannot be reached, or the client's head is endless."""
    body = f"The relay cannot pass this on: {error}\n".encode()
    head = (
        "HTTP/1.1 502 Bad Gateway",
        "content-type: text/plain; charset=UTF-8",
        f"content-length: {len(body)}",
        "connection: close",
    )
    return "\r\n".join(head).encode() + _END + body
