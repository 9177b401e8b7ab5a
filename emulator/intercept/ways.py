"""Ways to hosts that are not Google's: as they are, or through the proxy that the user has set."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from emulator.config import SettingsError
from emulator.intercept.flow import Arriving
from emulator.intercept.heads import Head
from emulator.rest.access import is_loopback, names

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Outside:
    """How hosts that are not Google's are reached.

    Attributes:
        proxies: As ``proxies_of`` found them.
        bundle: Whom to trust, in PEM.
    """

    proxies: Mapping[str, str]
    bundle: Path


@dataclass(frozen=True, slots=True)
class Way:
    """A connection to a host.

    Attributes:
        there: Its other end.
        request: What to send first: the client's request, if it is not for a connection.
    """

    there: Arriving
    request: bytes


def proxies_of(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The proxies that *environ* names, by scheme; "no" is where none is to be used.

    Raises:
        SettingsError: One is of a kind that is not known here.
    """
    found = {}
    for name in ("http", "https", "no"):
        value = environ.get(f"{name}_proxy") or environ.get(f"{name}_proxy".upper())
        if value:
            found[name] = value
    for name in found.keys() - {"no"}:
        if _parent(found[name]).scheme not in _PORTS:
            raise SettingsError(
                f"{name}_proxy: exec --intercept goes on through proxies such as"
                " http://HOST:PORT only"
            )
    return found


async def open_way(head: Head, outside: Outside) -> Way:
    """Find a way for *head*.

    Raises:
        OSError, EOFError: There is none.
    """
    parent = _parent_for(head, outside.proxies)
    there = await _connected(head, parent, outside)
    try:
        return await _way(there, head, parent, outside)
    except BaseException:  # also when the run ends meanwhile
        there.transport.abort()
        raise


async def _connected(head: Head, parent: SplitResult | None, outside: Outside) -> Arriving:
    """A connection with the host, or with the proxy that leads there."""
    there = Arriving()
    loop = asyncio.get_running_loop()
    if parent is None:
        await loop.create_connection(lambda: there, head.host, head.port)
    else:
        port = parent.port or _PORTS[parent.scheme]
        tls = _trusting(outside.bundle) if parent.scheme == "https" else None
        await loop.create_connection(lambda: there, parent.hostname or "", port, ssl=tls)
    return there


async def _way(there: Arriving, head: Head, parent: SplitResult | None, outside: Outside) -> Way:
    if parent is not None:
        headers = _credentials(parent)
        if not (head.connects or head.secure):
            return Way(there, head.for_proxy(headers))
        await _connect(there, head, headers)
    if head.secure:
        there = await there.start_tls(_trusting(outside.bundle), of=head.host)
    return Way(there, b"" if head.connects else head.for_host())


def _trusting(bundle: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=bundle)


def _parent_for(head: Head, proxies: Mapping[str, str]) -> SplitResult | None:
    plain = head.target.scheme == "http" or (head.connects and head.port == 80)
    url = proxies.get("http" if plain else "https")
    if url is None or is_loopback(head.host) or _is_excepted(head.host, proxies.get("no", "")):
        return None
    return _parent(url)


def _is_excepted(host: str, exceptions: str) -> bool:
    """Whether *host* is in a list as ``no_proxy`` has it: names, each with all that is below it."""
    excepted = [each.strip().lower().lstrip(".") for each in exceptions.split(",")]
    return "*" in excepted or names([f".{each}" for each in excepted if each], host)


def _parent(url: str) -> SplitResult:
    return urlsplit(url if "://" in url else f"http://{url}")


def _credentials(parent: SplitResult) -> list[bytes]:
    if parent.username is None:
        return []
    pair = f"{unquote(parent.username)}:{unquote(parent.password or '')}"
    return [b"Proxy-Authorization: Basic " + b64encode(pair.encode())]


async def _connect(there: Arriving, head: Head, headers: list[bytes]) -> None:
    """Ask the proxy that is *there* for a way on."""
    host = f"[{head.host}]" if ":" in head.host else head.host
    to = f"{host}:{head.port}".encode()
    lines = [b"CONNECT %b HTTP/1.1" % to, b"Host: " + to, *headers, b"", b""]
    there.transport.write(b"\r\n".join(lines))
    answer = await there.head()
    first = answer.partition(b"\r\n")[0]
    if first.split(b" ")[1:2] != [b"200"]:
        raise ConnectionError(f"the proxy says {first.decode('latin-1')}")
