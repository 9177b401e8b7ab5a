"""A client over a script: every test says what the server answers, and no test waits."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tqsdk import Client, RequestsTransport
from tqsdk.testing import ScriptedTransport, VirtualClock


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TASKQUEUE_EMULATOR_HOST", "TASKQUEUE_ENDPOINT", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def transport() -> Iterator[RequestsTransport]:
    transport = RequestsTransport()
    yield transport
    transport.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def scripted(clock: VirtualClock) -> Callable[..., tuple[Client, ScriptedTransport]]:
    """Make a client for which the given answers are all there is."""

    def make(*answers: Any, **settings: Any) -> tuple[Client, ScriptedTransport]:
        transport = ScriptedTransport(*answers)
        return Client("p", transport=transport, **{"clock": clock, **settings}), transport

    return make


@pytest.fixture
def a_task() -> Callable[..., dict[str, Any]]:
    """Make a task as the server sends it; members are overridden by wire name."""

    def make(payload: bytes = b"hello", **members: Any) -> dict[str, Any]:
        return {
            "kind": "taskqueues#task",
            "id": "t1",
            "queueName": "projects/s~p/taskqueues/q",
            "payloadBase64": base64.urlsafe_b64encode(payload).decode(),
            "enqueueTimestamp": "1498510174000000",
            "leaseTimestamp": "0",
            "retry_count": 0,
            **members,
        }

    return make
