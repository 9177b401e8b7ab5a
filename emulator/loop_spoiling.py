"""Answers that are spoiled on their way out, on the event loop: timers and sockets, no thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from emulator.connection import Connection
from emulator.rest.messages import Response, Spoiled, drops


class Later(Protocol):
    """Calls something back when some seconds have passed."""

    def __call__(self, seconds: float, call: Callable[[], None], /) -> None: ...


def send_spoiled(spoiled: Spoiled, connection: Connection, *, later: Later) -> None:
    """Send *spoiled*, as much of it as shall arrive, as the answer to what was taken last."""
    send = partial(_send, spoiled, connection, later)
    if spoiled.manner.seconds:
        connection.hold_back()
        later(spoiled.manner.seconds, send)
    else:
        send()


def _send(spoiled: Spoiled, connection: Connection, later: Later) -> None:
    response = spoiled.response
    match spoiled.manner.ending:
        case "cut":
            connection.cut()
        case "withheld":
            connection.withhold()
        case "truncated":
            connection.truncate(response)
        case "slow" if response.body:
            connection.hold_back()
            connection.begin(Response(response.status, response.headers))
            _drip(drops(spoiled), connection, later)
        case _:
            connection.answer(response)


def _drip(pieces: Iterator[tuple[float, bytes]], connection: Connection, later: Later) -> None:
    """Send each piece of a body when its time has come, unless the client has left by then."""

    def go_on(anybody_there: bool = True) -> None:
        seconds, piece = next(pieces, (0.0, b"")) if anybody_there else (0.0, b"")
        if piece:
            later(seconds, lambda: connection.send(piece, go_on))
        else:
            connection.end(whole=anybody_there)

    go_on()
