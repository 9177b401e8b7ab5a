"""The two fronts of the emulator, driven in this process: requests in, answers out, as values."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPResponse
from queue import SimpleQueue
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from werkzeug.test import run_wsgi_app

from emulator.app import flask_app
from emulator.connection import Connection
from emulator.engine.store import Outcome, Store
from emulator.loop_front import LoopFront
from emulator.rest.messages import Job
from emulator.service import Service

HOST = "localhost:8088"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as a client wrote it: *target* is still percent-encoded."""

    verb: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = "127.0.0.1"

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
        self._app = flask_app(service, sleep=lambda seconds: None)

    def send(self, sent: Sent) -> Got:
        body, status, headers = run_wsgi_app(self._app, _environ(sent), buffered=True)
        return Got(int(status.split()[0]), _own(headers), b"".join(body))

    def close(self) -> None:
        pass


class Loop:
    """The event loop's front, from the bytes of a request to the bytes of its answer."""

    def __init__(self, service: Service) -> None:
        self._front = _Front(service.door, _AtOnce(service.store))

    def send(self, sent: Sent) -> Got:
        transport = _Transport(sent.peer)
        connection = Connection(self._front)
        connection.connection_made(transport)
        request = _bytes(sent)
        for at in range(0, len(request), len(self._front.buffer)):
            piece = request[at : at + len(self._front.buffer)]
            self._front.buffer[: len(piece)] = piece
            connection.buffer_updated(len(piece))
        connection.connection_lost(None)
        return transport.got(sent.verb)

    def close(self) -> None:
        assert not self._front.connections


FRONTS = {"wsgi": Wsgi, "loop": Loop}


class _Front(LoopFront):
    """One that runs jobs at once, and what is late: no loop needs to run."""

    def _begin(self, job: Job, connection: Connection) -> None:
        self._jobs += 1
        self._do(job, connection, lambda call, *arguments: call(*arguments))

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        call()


class _AtOnce:
    """A store whose outcomes are there when ``submit`` returns: no loop needs to run."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def submit(self, work: Any, done: Callable[[Outcome[Any]], None]) -> None:
        outcomes: SimpleQueue[Outcome[Any]] = SimpleQueue()
        self._store.submit(work, outcomes.put)
        done(outcomes.get())


class _Transport(asyncio.Transport):
    """Where a connection writes."""

    def __init__(self, peer: str) -> None:
        super().__init__({"peername": (peer, 50_000)})
        self._written = bytearray()
        self._closing = False

    def write(self, data: bytes) -> None:
        self._written += data

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def got(self, verb: str) -> Got:
        """The one answer that was written."""
        written = bytes(self._written).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        file = _Written(written)
        response = HTTPResponse(file, method=verb)  # type: ignore[arg-type]
        response.begin()
        body = response.read()
        assert file.read() == b"", "more than one answer"
        return Got(response.status, _own(response.getheaders()), body)


class _Written(io.BytesIO):
    """What was written, as HTTPResponse wants a socket; it cannot close it."""

    def makefile(self, mode: str) -> io.BytesIO:
        return self

    def close(self) -> None:
        pass


def _bytes(sent: Sent) -> bytes:
    """The request as it goes over the wire."""
    headers, body = sent.all_headers, sent.body
    if "transfer-encoding" in headers:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    lines = [f"{sent.verb} {sent.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _own(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """All but those that each front adds in its own way."""
    pairs = ((name.lower(), value) for name, value in headers)
    of_fronts = ("connection", "content-length", "transfer-encoding")
    return tuple(pair for pair in pairs if pair[0] not in of_fronts)


def _environ(sent: Sent) -> dict[str, object]:
    variables: dict[str, object] = {
        "REQUEST_METHOD": sent.verb,
        "SCRIPT_NAME": "",
        "PATH_INFO": sent.path.decode("latin-1"),
        "QUERY_STRING": sent.query,
        "REMOTE_ADDR": sent.peer,
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
