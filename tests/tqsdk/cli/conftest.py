"""``tq`` in this process, over an emulator without a socket, or over a script of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click.testing
import pytest

from emulator.app import create_app
from tqsdk import Client, Queue, RetryPolicy, Transport
from tqsdk.cli.root import tq as command
from tqsdk.cli.session import TOKEN, TOKEN_FILE, Session
from tqsdk.testing import ScriptedTransport, VirtualClock, WsgiTransport


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@dataclass
class Tq:
    """Runs the command for the project ``p``.

    Attributes:
        transport: Carries the requests.
        clock: Measures, and waits without waiting.
    """

    transport: Transport
    clock: VirtualClock

    def __call__(self, *arguments: str, stdin: bytes | str = b"") -> Done:
        session = Session(project="p", transport=self.transport, clock=self.clock)
        result = click.testing.CliRunner().invoke(command, arguments, input=stdin, obj=session)
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        return Done(result.exit_code, result.stdout_bytes, result.stderr)

    def scripted(self, *answers: Any) -> ScriptedTransport:
        """From here on these are all answers there are."""
        self.transport = ScriptedTransport(*answers)
        return self.transport


class ServerClock:
    """The time of the client, in microseconds, so that one clock moves both."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> int:
        return round(self._clock.now().timestamp() * 1_000_000)


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TOKEN, TOKEN_FILE:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tq(clock: VirtualClock) -> Iterator[Tq]:
    app = create_app(durability="off", clock=ServerClock(clock))
    yield Tq(WsgiTransport(app), clock)
    app.extensions["taskqueue"].store.close()


@pytest.fixture
def queue(tq: Tq) -> Iterator[Queue]:
    """The queue ``q`` as the SDK sees it."""
    with Client("p", transport=tq.transport, clock=tq.clock, retry=RetryPolicy.none()) as client:
        yield client.queue("q")
