"""The values that go in and out of the front door.

They are made for every request, hence structs: a frozen dataclass takes ten times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeAlias

import msgspec

from emulator.engine.store import Outcome, Work

Headers: TypeAlias = tuple[tuple[str, str], ...]


class RequestHeaders(Protocol):
    """Header lookup; each front brings its own."""

    def get(self, key: str, /) -> str | None:
        """The value of the header *key*, which is in lower case."""
        ...


class Request(msgspec.Struct, frozen=True):
    """One HTTP request.

    Attributes:
        verb: Upper case.
        path: Percent-decoded; bytes that are not UTF-8 stand as lone surrogates.
        query: As it came, without the question mark.
        headers: Looked up in lower case.
        body: None where it was larger than the front was told to read.
        scheme: ``http`` or ``https``.
        peer: The caller's address, "" where the front knows of none: it was called in process.
    """

    verb: str
    path: str
    query: str
    headers: RequestHeaders
    body: bytes | None
    scheme: str = "http"
    peer: str = ""

    @property
    def origin(self) -> str:
        """The address that the caller used, without a path: ``http://localhost:8088``."""
        return f"{self.scheme}://{self.headers.get('host') or 'localhost'}"


class Response(msgspec.Struct, frozen=True):
    """One HTTP answer. Header names are in lower case; the front adds the length of the body."""

    status: int
    headers: Headers
    body: bytes = b""


class Pending(msgspec.Struct, frozen=True):
    """An answer that needs the store.

    The front runs *work* in its store, waits in its own way, and calls *render* with the outcome,
    whichever it was: *render* knows how errors look.
    """

    work: Work[Any]
    render: Callable[[Outcome[Any]], Response]


class Stream(msgspec.Struct, frozen=True):
    """An answer whose body is made while it is sent.

    Attributes:
        head: Status and headers; its body is empty.
        chunks: The body, none of them empty. Closed by the front, at the end or when the client is
            gone.
    """

    head: Response
    chunks: Generator[bytes]


class Job(msgspec.Struct, frozen=True):
    """An answer that takes long to make, or waits: a front calls *run* in a thread."""

    run: Callable[[], Response | Stream]


Answer: TypeAlias = Response | Pending | Job
