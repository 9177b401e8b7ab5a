"""Two queues of two servers without sockets, which have one clock; and a bridge between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from emulator.app import create_app
from tests.tqsdk.cli.conftest import ServerClock
from tqsdk import Client, ConnectError, Queue, RetryPolicy
from tqsdk.migrate.bridge import Bridge, Mode
from tqsdk.testing import VirtualClock, WsgiTransport
from tqsdk.transport import Request, Response, Timeout, Transport


@dataclass
class Line:
    """Carries requests until it is cut: then no request that has *words* gets through.

    Attributes:
        words: In the method and URL, or the body; None lets all through.
        requests: How many were sent.
    """

    transport: Transport
    words: str | None = None
    requests: int = 0

    def send(self, request: Request, timeout: Timeout) -> Response:
        self.requests += 1
        text = f"{request.method} {request.url}".encode() + (request.body or b"")
        if self.words is None or self.words.encode() not in text:
            return self.transport.send(request, timeout)
        raise ConnectError("the line is cut")


@dataclass
class Switchable:
    """Says a mode that tests set."""

    mode: Mode = Mode.OLD

    def __call__(self) -> Mode:
        return self.mode


@pytest.fixture
def lines(clock: VirtualClock) -> Iterator[tuple[Line, Line]]:
    """To the old server, and to the new one."""
    apps = [create_app(durability="off", clock=ServerClock(clock)) for _ in range(2)]
    yield Line(WsgiTransport(apps[0])), Line(WsgiTransport(apps[1]))
    for app in apps:
        app.extensions["taskqueue"].store.close()


def _queue(line: Line, clock: VirtualClock) -> Iterator[Queue]:
    with Client("p", transport=line, clock=clock, retry=RetryPolicy.none()) as client:
        yield client.queue("q")


@pytest.fixture
def old(lines: tuple[Line, Line], clock: VirtualClock) -> Iterator[Queue]:
    yield from _queue(lines[0], clock)


@pytest.fixture
def new(lines: tuple[Line, Line], clock: VirtualClock) -> Iterator[Queue]:
    yield from _queue(lines[1], clock)


@pytest.fixture
def switch() -> Switchable:
    return Switchable()


@pytest.fixture
def bridge(old: Queue, new: Queue, switch: Switchable) -> Bridge:
    return Bridge(old, new, mode=switch)
