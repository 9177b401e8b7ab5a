"""HTTP as literal bytes over a socket, for what no client library of ours would send."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from typing import Any

from emulator.testing import Server


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json; charset=UTF-8"
        return json.loads(self.body)


class Wire:
    """One connection, on which any bytes can be sent."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, *pieces: str | bytes) -> None:
        """Send *pieces* one after the other; text must be ASCII or UTF-8."""
        for piece in pieces:
            self._connection.sendall(piece.encode() if isinstance(piece, str) else piece)

    def answer(self, verb: str = "GET") -> Answer:
        """The next whole answer; *verb* tells whether it has a body."""
        # Not buffered: what follows belongs to the next answer.
        response = HTTPResponse(_Unbuffered(self._connection), method=verb)  # type: ignore[arg-type]
        with response:
            response.begin()
            return Answer(response.status, response.msg, response.read())

    def line(self) -> bytes:
        """The next line, for answers that come before the answer."""
        with self._connection.makefile("rb", 0) as file:
            return file.readline()

    def is_closed(self) -> bool:
        """Whether the server has closed the connection, waiting for as long as a test may take."""
        return self._connection.recv(1) == b""


@contextmanager
def wire_to(server: Server) -> Iterator[Wire]:
    """A connection to *server*."""
    with socket.create_connection(server.address, timeout=10) as connection:
        yield Wire(connection)


class _Unbuffered:
    """A socket as HTTPResponse wants it, whose file reads no more than it is asked for."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, mode: str) -> Any:
        return self._connection.makefile(mode, 0)
