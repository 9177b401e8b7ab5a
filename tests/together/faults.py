"""What can go wrong between a client and the server: on real sockets, and in looking up the host.

A fault strikes the next request of an operation. When the client has waited before it tries again,
all is well, unless the fault was told to last.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import repeat
from typing import Any

from tests.together.relay import Fate, Relay, Replaced

# A name, so that it has to be looked up.
_HOST = "localhost"

RETRY_AFTER = 3


class NoConnection(Enum):
    """Why no request gets to the relay."""

    REFUSED = "refused"
    UNRESOLVED = "unresolved"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        name: In a few words.
        how: What is done to the request, or to the connection it needs.
        may_be_done: Whether, as far as a client can know, the server may have done what was asked;
            None if that depends on how far the client has got by then.
        is_slow: Whether it shows only when the client has run out of patience.
    """

    name: str
    how: Fate | Replaced | NoConnection
    may_be_done: bool | None
    is_slow: bool = False


def _refusal(status: int, reason: str, *headers: str, done: bool = False) -> Replaced:
    """An answer in Google's envelope."""
    error = {"errors": [{"domain": "global", "reason": reason, "message": reason}]}
    body = {"error": {**error, "code": status, "message": reason}}
    headers = ("Content-Type: application/json", *headers)
    return Replaced(status, json.dumps(body).encode(), headers, done=done)


def _page(*, done: bool) -> Replaced:
    """What a proxy may say that wants its user to log in: a page, and 200."""
    return Replaced(200, b"<html>Welcome!</html>", ("Content-Type: text/html",), done=done)


FAULTS = (
    Fault("connection refused", NoConnection.REFUSED, False),
    Fault("unknown host", NoConnection.UNRESOLVED, False),
    Fault("reset as soon as connected", NoConnection.RESET, None),
    Fault("reset before the server has it", Fate.RESET_UNDONE, True),
    Fault("closed before the server has it", Fate.LOST, True),
    Fault("reset after the commit", Fate.RESET, True),
    Fault("closed after the commit", Fate.UNANSWERED, True),
    Fault("answer cut in its headers", Fate.CUT_IN_HEAD, True),
    Fault("answer cut in its body", Fate.CUT_IN_BODY, True),
    Fault("no answer in time, not done", Fate.IGNORED, True, is_slow=True),
    Fault("no answer in time, done", Fate.LATE, True, is_slow=True),
    Fault(
        "429 with Retry-After",
        _refusal(429, "rateLimitExceeded", f"Retry-After: {RETRY_AFTER}"),
        False,
    ),
    Fault("403 rateLimitExceeded", _refusal(403, "rateLimitExceeded"), False),
    Fault(
        "503 that promises nothing was done",
        _refusal(503, "backendError", "X-TaskQueue-Error: TRANSIENT_ERROR"),
        False,
    ),
    Fault("503, not done", _refusal(503, "backendError"), True),
    Fault("503, done", _refusal(503, "backendError", done=True), True),
    Fault("500, not done", _refusal(500, "internalError"), True),
    Fault("500, done", _refusal(500, "internalError", done=True), True),
    Fault("200 with a page, not done", _page(done=False), True),
    Fault("200 with a page, done", _page(done=True), True),
    Fault("401, the token has expired", _refusal(401, "authError"), False),
)


class Trouble:
    """Strikes with a fault, and can be mended.

    Attributes:
        resolves: Whether the relay's host can be looked up.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.resolves = True
        self._refuses = False
        self._lasts = False

    @property
    def url(self) -> str:
        """The relay's address, by a name that has to be looked up."""
        return f"http://{_HOST}:{self._relay.port}"

    def strike(self, fault: Fault, *, lasting: bool = False) -> None:
        """Let *fault* happen to the next request, or from now on; connections are made anew."""
        self._lasts = lasting
        match fault.how:
            case NoConnection.REFUSED:
                self._relay.refuse()
                self._refuses = True
            case NoConnection.UNRESOLVED:
                self._relay.hang_up()
                self.resolves = False
            case NoConnection.RESET:
                self._relay.hang_up()
                self._relay.resets_next = True
            case turn:
                self._relay.will_always(repeat(turn) if lasting else [turn])

    def mend(self) -> None:
        """Let the client connect again, if the fault does not last."""
        if not self._lasts:
            self._connect()

    def end(self) -> None:
        """Let all be well from now on."""
        self._lasts = False
        self._connect()
        self._relay.will()

    def _connect(self) -> None:
        self.resolves = True
        self._relay.resets_next = False
        if self._refuses:
            self._refuses = False
            self._relay.listen()


@contextmanager
def trouble_with(relay: Relay) -> Iterator[Trouble]:
    """Trouble with *relay*, whose host is looked up in this process until the block ends."""
    trouble, really = Trouble(relay), socket.getaddrinfo

    def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host not in (_HOST, _HOST.encode()) or port not in (relay.port, str(relay.port)):
            return really(host, port, *arguments, **options)
        if not trouble.resolves:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return really("127.0.0.1", port, *arguments, **options)

    socket.getaddrinfo = resolve
    try:
        yield trouble
    finally:
        socket.getaddrinfo = really
        trouble.end()
