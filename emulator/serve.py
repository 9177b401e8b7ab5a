"""One process that serves: the store's writer thread, and an event loop under granian.

granian runs embedded in this process, so there is no worker that could outlive it: when this
process is killed, the server is gone and the store's file is free.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from emulator.app import open_service
from emulator.config import Settings, SettingsError
from emulator.rsgi import RsgiFront

logger = logging.getLogger(__name__)

_BACKLOG = 1024


class AddressError(SettingsError):
    """The server cannot listen where it was told to."""


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; print where, once requests are answered.

    Args:
        settings: What the user chose.
        host: A name or address.
        port: 0 is any free port.

    Raises:
        SettingsError: The store's address is none; AddressError: the port cannot be had.
        QueueFileError: The queue file is missing or wrong.
        StoreOpenError: The store cannot be opened.
    """
    service = open_service(settings)
    try:
        with _reserved(host, port) as address:
            asyncio.run(_serve(RsgiFront(service.door, service.store), *address))
    finally:
        service.store.close()


async def _serve(front: RsgiFront, host: str, port: int) -> None:
    server = Server(
        front,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    announcing = loop.create_task(_announce(host, port))
    try:
        await server.serve()
    finally:
        announcing.cancel()


async def _announce(host: str, port: int) -> None:
    """Say where the server listens, as soon as it takes connections: granian has no sign of it."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while True:
        try:
            _, writer = await asyncio.open_connection(reachable, port)
        except OSError:
            await asyncio.sleep(0.002)
        else:
            writer.close()
            break
    shown = f"[{host}]" if ":" in host else host
    print(f"Listening on http://{shown}:{port}", flush=True)


@contextmanager
def _reserved(host: str, port: int) -> Iterator[tuple[str, int]]:
    """Hold the address while the server runs, and yield it with its real port.

    granian binds with SO_REUSEPORT, so two servers could share a port and take turns in answering.
    This socket is bound without it, which fails if anybody is there, and opened up for granian
    only then; it never listens.

    Raises:
        AddressError: The address is in use, not ours to use, or none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        holder = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(f"cannot listen on {host}: {error.strerror}") from error
    with holder:
        try:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(address)
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        except OSError as error:
            raise AddressError(
                f"cannot listen on {host} port {port}: {error.strerror}; stop what is there, or"
                " give --port another number (0 is any free port)"
            ) from error
        bound = holder.getsockname()
        yield bound[0], bound[1]
