"""Answers that are spoiled on their way out of a WSGI application, which has no socket to spoil.

A client in this process sees what it would see of a lost connection: an exception. A WSGI server
would make a 500 of that, so in front of one stands ``emulator.control.relay``: to it the answer
says, in a header, what is to become of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from flask import Response

from emulator.control.relay import MANNER_HEADER, RELAY_HEADER
from emulator.rest.messages import RequestHeaders, Spoiled, drops


def has_relay(headers: RequestHeaders) -> bool:
    """Whether a request with these headers came through a relay."""
    return headers.get(RELAY_HEADER) is not None


def spoiled(
    plain: Response, made: Spoiled, *, relayed: bool, sleep: Callable[[float], None]
) -> Response:
    """Spoil an answer.

    Args:
        plain: The answer as it would be.
        made: The same, and how to spoil it.
        relayed: Whether a relay will do what cannot be done here.
        sleep: Waits, in this thread.

    Returns:
        An answer that, if it is to be lost, raises ConnectionResetError or TimeoutError out of the
        application, at once or after half of its body.
    """
    if made.manner.seconds:
        sleep(made.manner.seconds)
    match made.manner.ending:
        case None:
            return plain
        case "slow":
            plain.response = _slowly(made, sleep)
        case ending if relayed:
            plain.headers[MANNER_HEADER] = ending
        case "truncated" if made.response.body:
            plain.response = _half(made.response.body)
        case "withheld":
            return _Lost(TimeoutError("a fault withholds the answer"))
        case _:
            return _Lost(ConnectionResetError("a fault cuts the connection"))
    return plain


class _Lost(Response):
    """No answer."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def __call__(self, environ: dict[str, Any], start_response: Any) -> NoReturn:
        raise self._error


def _slowly(made: Spoiled, sleep: Callable[[float], None]) -> Iterator[bytes]:
    for seconds, piece in drops(made):
        sleep(seconds)
        yield piece


def _half(body: bytes) -> Iterable[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionResetError("a fault cuts the answer short")
