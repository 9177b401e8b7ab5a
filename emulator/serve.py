"""One process that serves: the store's writer thread, and an event loop under granian.

granian runs embedded in this process, so there is no worker that could outlive it: when this
process is killed, the server is gone and the store's file is free.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.server.embed import Server

from emulator.auth.certificate import Certificate, check_pair, self_signed
from emulator.config import Settings, SettingsError, TlsSettings, sqlite_path
from emulator.rest.access import is_loopback
from emulator.rsgi import RsgiFront
from emulator.service import open_service

logger = logging.getLogger(__name__)

_BACKLOG = 1024


class AddressError(SettingsError):
    """The server cannot listen where it was told to."""


def serve(settings: Settings, *, host: str, port: int, tls: TlsSettings | None = None) -> None:
    """Serve until SIGTERM or SIGINT; print where, once requests are answered.

    Args:
        settings: What the user chose.
        host: A name or address.
        port: 0 is any free port.
        tls: How to speak HTTPS; None is HTTP.

    Raises:
        SettingsError: A setting or a file that it names cannot be used, or would let strangers in;
            AddressError: the port cannot be had.
        QueueFileError: The queue file is missing or wrong.
        StoreOpenError: The store cannot be opened.
    """
    _refuse_to_let_strangers_in(settings, host)
    with _certificate(tls, settings, host) as certificate:
        service = open_service(settings)
        try:
            with _reserved(host, port) as address:
                asyncio.run(_serve(RsgiFront(service.door, service.store), *address, certificate))
        finally:
            service.store.close()


def _refuse_to_let_strangers_in(settings: Settings, host: str) -> None:
    if settings.auth == "open" and not settings.insecure and not is_loopback(host.lower()):
        raise SettingsError(
            f"with --auth open, whoever reaches {host} could read and delete every task: use"
            " --auth tokens, or --host 127.0.0.1, or --insecure if nobody else can reach it"
        )


@contextmanager
def _certificate(
    tls: TlsSettings | None, settings: Settings, host: str
) -> Iterator[Certificate | None]:
    """What HTTPS needs, for as long as the server runs; None for HTTP."""
    if tls is None:
        yield None
    elif tls.certificate is not None and tls.key is not None:
        given = Certificate(tls.certificate, tls.key)
        check_pair(given)
        yield given
    else:
        with _folder_for(sqlite_path(settings.store)) as base:
            made = self_signed(base, [host, *settings.allowed_hosts])
            print(
                f"tq-emulator: clients must trust {made.certificate}", file=sys.stderr, flush=True
            )
            yield made


@contextmanager
def _folder_for(store: Path | None) -> Iterator[Path]:
    """Where a certificate is kept: beside the store, or in a folder that goes with the server."""
    if store is not None:
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="tq-emulator-") as folder:
        yield Path(folder, "tls")


async def _serve(front: RsgiFront, host: str, port: int, certificate: Certificate | None) -> None:
    server = Server(
        front,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        log_enabled=False,
        ssl_cert=certificate.certificate if certificate else None,
        ssl_key=certificate.key if certificate else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    announcing = loop.create_task(_announce("https" if certificate else "http", host, port))
    try:
        await server.serve()
    finally:
        announcing.cancel()


async def _announce(scheme: str, host: str, port: int) -> None:
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
    print(f"Listening on {scheme}://{shown}:{port}", flush=True)


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
