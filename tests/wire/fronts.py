"""The two fronts of the emulator, driven in this process: requests in, answers out, as values."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote_to_bytes

from werkzeug.test import run_wsgi_app

from emulator.app import flask_app
from emulator.rsgi import RsgiFront
from emulator.service import Service

HOST = "localhost:8088"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as a client wrote it: *target* is still percent-encoded."""

    verb: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> bytes:
        """The path's bytes, percent-decoded as every server does before us."""
        return unquote_to_bytes(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        """All after the question mark."""
        return self.target.partition("?")[2]

    @property
    def all_headers(self) -> dict[str, str]:
        """In lower case, with those that no HTTP client leaves out."""
        given = {name.lower(): value for name, value in self.headers.items()}
        if "transfer-encoding" not in given and (self.body or self.verb not in ("GET", "DELETE")):
            given["content-length"] = str(len(self.body))
        return {"host": HOST, **given}


@dataclass(frozen=True, slots=True)
class Got:
    """An answer: the door's own headers only, names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Front(Protocol):
    """One way into the emulator."""

    def send(self, sent: Sent) -> Got:
        """What is answered."""
        ...

    def close(self) -> None:
        """Let go of what the front itself holds; the store stays open."""
        ...


class Wsgi:
    """The Flask application, as any WSGI server calls it."""

    def __init__(self, service: Service) -> None:
        self._app = flask_app(service)

    def send(self, sent: Sent) -> Got:
        body, status, headers = run_wsgi_app(self._app, _environ(sent), buffered=True)
        return Got(int(status.split()[0]), _own(headers), b"".join(body))

    def close(self) -> None:
        pass


class Rsgi:
    """The event loop's front, as an RSGI server calls it."""

    def __init__(self, service: Service) -> None:
        self._loop = asyncio.new_event_loop()
        self._front = RsgiFront(service.door, service.store)
        self._front.__rsgi_init__(self._loop)

    def send(self, sent: Sent) -> Got:
        scope, exchange = _Scope(sent), _Exchange(sent.body)
        self._loop.run_until_complete(self._front.__rsgi__(scope, exchange))
        assert exchange.got is not None, "the front gave no answer"
        return exchange.got

    def close(self) -> None:
        self._loop.close()


FRONTS = {"wsgi": Wsgi, "rsgi": Rsgi}


class _Scope:
    scheme = "http"

    def __init__(self, sent: Sent) -> None:
        self.method = sent.verb
        self.path = sent.path.decode("utf-8", "surrogateescape")
        self.query_string = sent.query
        self.headers = sent.all_headers


class _Exchange:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self.got: Got | None = None

    async def __call__(self) -> bytes:
        return self._body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._body), 65_536):
            yield self._body[at : at + 65_536]

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        assert self.got is None, "the front answered twice"
        self.got = Got(status, _own(headers), body)


def _own(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """All but the length, which each front adds in its own way."""
    pairs = ((name.lower(), value) for name, value in headers)
    return tuple(pair for pair in pairs if pair[0] != "content-length")


def _environ(sent: Sent) -> dict[str, object]:
    variables: dict[str, object] = {
        "REQUEST_METHOD": sent.verb,
        "SCRIPT_NAME": "",
        "PATH_INFO": sent.path.decode("latin-1"),
        "QUERY_STRING": sent.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8088",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent.body),
        # Servers that undo the chunks themselves say so.
        "wsgi.input_terminated": "transfer-encoding" in sent.all_headers,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in sent.all_headers.items():
        key = name.upper().replace("-", "_")
        plain = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        variables[key if plain else f"HTTP_{key}"] = value
    return variables
