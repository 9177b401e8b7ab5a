"""One process that serves: an event loop, and a thread that commits.

There is no worker that could outlive it: when this process is killed, the server is gone and the
store's file is free.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from emulator.auth.certificate import Certificate, check_pair, self_signed
from emulator.config import Settings, SettingsError, TlsSettings, sqlite_path
from emulator.connection import Connection
from emulator.control.relay import Relay
from emulator.engine.clock import Clock
from emulator.loop_front import LoopFront
from emulator.rest.access import is_loopback
from emulator.service import Service, open_service

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
    with _certificate(tls, settings, host) as certificate, listening(host, port) as listener:
        asyncio.run(_serve(settings, listener, certificate))


def relay(url: str, *, host: str, port: int) -> None:
    """Relay to the WSGI server at *url* until SIGTERM or SIGINT; see ``emulator.control.relay``.

    Args:
        url: ``http://HOST:PORT``, or without a port for 80.
        host: A name or address to listen on.
        port: 0 is any free port.

    Raises:
        SettingsError: *url* is none of these; AddressError: the port cannot be had.
    """
    with listening(host, port) as listener:
        asyncio.run(_relay(listener, _target(url)))


def _target(url: str) -> tuple[str, int]:
    """Host and port of *url*."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname and parts.path in ("", "/"):
            return parts.hostname, parts.port or 80
    except ValueError:  # of the port, or of brackets
        logger.debug("%r is no URL", url)
    raise SettingsError(f"relay to {url!r}: use http://HOST:PORT, without a path")


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
            made = self_signed(base, [host, *map(_certified, settings.allowed_hosts)])
            print(
                f"tq-emulator: clients must trust {made.certificate}", file=sys.stderr, flush=True
            )
            yield made


def _certified(name: str) -> str:
    """An allowed host as a certificate writes it."""
    return f"*{name}" if name.startswith(".") else name


@contextmanager
def _folder_for(store: Path | None) -> Iterator[Path]:
    """Where a certificate is kept: beside the store, or in a folder that goes with the server."""
    if store is not None:
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="tq-emulator-") as folder:
        yield Path(folder, "tls")


async def _serve(
    settings: Settings, listener: socket.socket, certificate: Certificate | None
) -> None:
    stopped = _told_to_stop()
    async with answering(settings, listener, certificate=certificate):
        # What is there now stays: the collector need not look at it again and again.
        gc.freeze()
        print(f"Listening on {address_of(listener, certificate)}", flush=True)
        await stopped.wait()


@asynccontextmanager
async def answering(
    settings: Settings,
    listener: socket.socket,
    *,
    certificate: Certificate | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Service]:
    """Answer what comes to *listener*, on the running loop, until the block ends.

    Then what has been taken is answered, and the store closed.

    Args:
        settings: What the user chose.
        listener: Listens already; closed at the end.
        certificate: For HTTPS; None is HTTP.
        clock: For tests; by default the machine's.

    Raises:
        SettingsError, QueueFileError, StoreOpenError: See ``open_service``.
    """
    loop = asyncio.get_running_loop()
    service = open_service(settings, clock=clock, loop=loop)
    try:
        front = LoopFront(service.door, service.store, scheme="https" if certificate else "http")
        async with front.tended():
            server = await loop.create_server(
                lambda: Connection(front),
                sock=listener,
                backlog=_BACKLOG,
                ssl=_tls(certificate) if certificate else None,
            )
            try:
                yield service
            finally:
                server.close()
    finally:
        service.store.close()


async def _relay(listener: socket.socket, target: tuple[str, int]) -> None:
    stopped = _told_to_stop()
    server = await Relay(*target).listen(listener)
    print(f"Listening on {address_of(listener)}", flush=True)
    await stopped.wait()
    server.close()


def _told_to_stop() -> asyncio.Event:
    """Set by SIGTERM and SIGINT, from now on."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def _tls(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def address_of(listener: socket.socket, certificate: Certificate | None = None) -> str:
    """Where clients find what answers at *listener*: ``http://127.0.0.1:8088``."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if certificate else 'http'}://{shown}:{port}"


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket at the address; that nobody else listens there is made sure of.

    Raises:
        AddressError: The address is in use, not ours to use, or none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(f"cannot listen on {host}: {error.strerror}") from error
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            # Now, not when the server starts: another process may be bound, without listening yet.
            listener.listen(_BACKLOG)
        except OSError as error:
            raise AddressError(
                f"cannot listen on {host} port {port}: {error.strerror}; stop what is there, or"
                " give --port another number (0 is any free port)"
            ) from error
        yield listener
