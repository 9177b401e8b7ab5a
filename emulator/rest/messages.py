"""The values that go in and out of the front door.

They are made for every request, hence structs: a frozen dataclass takes ten times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal, Protocol, TypeAlias

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


Ending: TypeAlias = Literal["cut", "withheld", "truncated", "slow"]


class Manner(msgspec.Struct, frozen=True):
    """How an answer leaves that does not leave at once and whole.

    Attributes:
        seconds: How long it is held back first.
        ending: ``cut``: the connection is reset instead. ``withheld``: nothing is ever sent, and
            the connection stays open. ``truncated``: half of it is sent. ``slow``: the body comes
            drop by drop. None: it is only late.
        bytes_per_second: How fast a slow body comes.
    """

    seconds: float = 0.0
    ending: Ending | None = None
    bytes_per_second: int = 1_024


class Spoiled(msgspec.Struct, frozen=True):
    """An answer that was made, and is spoiled on its way out, because a test wants it so."""

    response: Response
    manner: Manner


Made: TypeAlias = Response | Spoiled


class Pending(msgspec.Struct, frozen=True):
    """An answer that needs the store.

    The front runs *work* in its store, waits in its own way, and calls *render* with the outcome,
    whichever it was: *render* knows how errors look.
    """

    work: Work[Any]
    render: Callable[[Outcome[Any]], Made]


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


Answer: TypeAlias = Made | Pending | Job


def after(made: Made, step: Callable[[Response], Response]) -> Made:
    """Do *step* to the response, spoiled or not."""
    if isinstance(made, Response):
        return step(made)
    return Spoiled(step(made.response), made.manner)


def drops(spoiled: Spoiled) -> Iterator[tuple[float, bytes]]:
    """The pieces that a slow body comes in, each with the seconds to wait before it.

    Ten a second, or one byte at a time where that is more often than there are bytes.
    """
    body, speed = spoiled.response.body, spoiled.manner.bytes_per_second
    size = max(1, speed // 10)
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        yield len(piece) / speed, piece


@lru_cache(256)
def phrase(status: int) -> str:
    """The words after *status* on a status line, also for one that HTTP has no words for."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
