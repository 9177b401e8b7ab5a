"""A server with a journal, in this process: requests in, what the journal says of them out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from emulator.config import Settings
from emulator.engine.clock import VirtualClock
from emulator.service import Service, open_service
from tests.wire.fronts import Got, Sent, Wsgi

TASKS = "/taskqueue/v1beta2/projects/s~p/taskqueues/q/tasks"
JOURNAL = "/_emulator/v1/journal"


class Journaled:
    """Talks to a server, and looks into its journal."""

    def __init__(self, service: Service, clock: VirtualClock) -> None:
        self.service = service
        self.clock = clock
        self.front = Wsgi(service)

    def send(self, verb: str, target: str, body: object = b"", **headers: str) -> Got:
        """What *target*, of queue q if it does not begin with a slash, is answered with."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        target = target if target.startswith("/") else f"{TASKS}{target and '/'}{target}"
        return self.front.send(Sent(verb, target, named, raw))

    def insert(self, name: str, **members: object) -> Got:
        return self.send("POST", "", {"id": name, "payloadBase64": "", **members})

    def lease(self, seconds: int = 60, **headers: str) -> Got:
        return self.send("POST", f"lease?numTasks=10&leaseSecs={seconds}", **headers)

    def entries(self, query: str = "") -> list[dict]:
        """The entries, the latest first."""
        return self.asked(f"{JOURNAL}?{query}").get("items", [])

    def latest(self) -> dict:
        """The latest entry with its bodies."""
        return self.asked(f"{JOURNAL}/{self.entries()[0]['sequence']}")

    def miss(self) -> dict:
        """Why the last request was refused."""
        return self.latest()["miss"]

    def life(self, task: str) -> list[dict]:
        return self.asked(f"/_emulator/v1/projects/p/queues/q/tasks/{task}/life").get("items", [])

    def asked(self, target: str) -> dict:
        got = self.send("GET", target)
        assert got.status == 200, got
        return json.loads(got.body)


@contextmanager
def journaled(**settings: object) -> Iterator[Journaled]:
    clock = VirtualClock()
    service = open_service(Settings(control=True, durability="off", **settings), clock=clock)
    try:
        yield Journaled(service, clock)
    finally:
        service.store.close()
