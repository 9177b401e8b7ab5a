"""The values that go in and out of the front door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from emulator.engine.store import Outcome, Work

Headers: TypeAlias = tuple[tuple[str, str], ...]


class RequestHeaders(Protocol):
    """Header lookup; each front brings its own."""

    def get(self, key: str, /) -> str | None:
        """The value of the header *key*, which is in lower case."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        verb: Upper case.
        path: Percent-decoded; bytes that are not UTF-8 stand as lone surrogates.
        query: As it came, without the question mark.
        headers: Looked up in lower case.
        body: None where it was larger than the front was told to read.
        scheme: ``http`` or ``https``.
    """

    verb: str
    path: str
    query: str
    headers: RequestHeaders
    body: bytes | None
    scheme: str = "http"

    @property
    def origin(self) -> str:
        """The address that the caller used, without a path: ``http://localhost:8088``."""
        return f"{self.scheme}://{self.headers.get('host') or 'localhost'}"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. Header names are in lower case; the front adds the length of the body."""

    status: int
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Pending:
    """An answer that needs the store.

    The front runs *work* in its store, waits in its own way, and calls *render* with the outcome,
    whichever it was: *render* knows how errors look.
    """

    work: Work[Any]
    render: Callable[[Outcome[Any]], Response]


Answer: TypeAlias = Response | Pending
