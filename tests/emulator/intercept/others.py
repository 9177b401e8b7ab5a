"""The rest of the world: a proxy of the user's own, behind which every name is one server."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class World:
    """What was asked of the user's proxy.

    Attributes:
        proxy: Where it is, as variables have it.
        heads: All that it was asked.
    """

    proxy: str
    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def the_world(context: ssl.SSLContext) -> AsyncIterator[World]:
    """A proxy that leads to one server, which speaks TLS by *context*, whatever is asked for.

    What is asked for by HTTP it answers itself.
    """

    async def behind(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Says what it was sent."""
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        body = await reader.readexactly(size)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (4 + len(body)))
        writer.write(b"far " + body)
        await writer.drain()
        writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        world.heads.append(head)
        if not head.startswith("CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnear")
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", port_of(server))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    async with (
        await asyncio.start_server(behind, "127.0.0.1", 0, ssl=context) as server,
        await asyncio.start_server(lead, "127.0.0.1", 0) as proxy,
    ):
        world = World(f"http://ada:p%40ss@127.0.0.1:{port_of(proxy)}")
        yield world


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
