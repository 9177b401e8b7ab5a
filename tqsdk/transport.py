"""The one seam below the client: a request goes down as a plain value, an answer comes up.

A transport has one method and no opinion: it does not retry, raise for a status, or read JSON.
``RequestsTransport`` is the usual one; ``tqsdk.testing`` has two that need no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent; the URL is absolute and already percent-encoded."""

    method: str
    url: str
    headers: Mapping[str, str] = field(
        default_factory=dict[str, str], repr=False
    )  # may hold credentials
    body: bytes | None = field(default=None, repr=False)

    def header(self, name: str) -> str | None:
        """The value of a header, its name in any case."""
        return lookup(self.headers, name)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, complete, with any content encoding undone."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """The value of a header, its name in any case."""
        return lookup(self.headers, name)


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long one attempt may take, in seconds: to connect, and to wait for the answer.

    Attributes:
        connect: Until there is a connection.
        read: Until the answer goes on, or begins.
        total: From beginning to end, if there is such a bound. ``RequestsTransport`` cannot keep
            it for an answer that comes drop by drop, and leaves it at the other two.
    """

    connect: float
    read: float
    total: float | None = None


class Transport(Protocol):
    """Carries one request to a server, from any thread."""

    def send(self, request: Request, timeout: Timeout) -> Response:
        """Send *request* once and return the answer, whatever its status.

        Raises:
            ConnectError: The request was not sent: the server has certainly not seen it.
            RequestTimeoutError: No answer in time; the server may have done what was asked.
            AmbiguousResultError: The answer was lost; likewise.
        """
        ...


def lookup(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a header, its name in any case."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def merged(headers: Mapping[str, str], over: Mapping[str, str]) -> dict[str, str]:
    """Both, where *headers* win over those of the same name, in any case, in *over*."""
    if not headers:
        return dict(over)
    names = {name.lower() for name in headers}
    return {**{key: over[key] for key in over if key.lower() not in names}, **headers}
