"""One emulator for a module's tests, each of which uses a queue of its own."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings

from emulator.app import create_app
from emulator.engine.clock import VirtualClock
from tests.wire.fronts import Got, Sent, Wsgi

# No test is timed (RULINGS 32), and a function-scoped queue serves all examples of a test.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("untimed")


@dataclass(frozen=True)
class Wire:
    """Sends requests to a queue."""

    front: Wsgi
    queue: str

    def send(self, verb, rest="", body=b"", **headers) -> Got:
        """What ``verb .../taskqueues/{queue}{rest}`` is answered with; *body* may be members."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        target = f"/taskqueue/v1beta2/projects/s~p/taskqueues/{self.queue}{rest}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.front.send(Sent(verb, target, named, sent))

    def insert(self, **members) -> Got:
        """What an insert of *members* is answered with."""
        return self.send("POST", "/tasks", {"payloadBase64": "", **members})


@pytest.fixture(scope="module")
def front():
    app = create_app(durability="off", clock=VirtualClock())
    yield Wsgi(app.extensions["taskqueue"])
    app.extensions["taskqueue"].store.close()


@pytest.fixture
def wire(front, numbers=itertools.count()):  # noqa: B008 - a queue for each test of the module
    return Wire(front, f"q{next(numbers)}")
