"""The event loop's front with the control API, on a real socket, in a thread of this process."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from emulator.config import Settings
from emulator.connection import Connection
from emulator.loop_front import LoopFront
from emulator.service import open_service

QUEUE = "/taskqueue/v1beta2/projects/s~p/taskqueues/q"
TASKS = f"{QUEUE}/tasks"
FAULTS = "/_emulator/v1/faults"


class Front(LoopFront):
    """One whose late answers leave when the test says so.

    Attributes:
        late: The seconds that each answer was to wait, and what sends it.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.late: list[tuple[float, Callable[[], None]]] = []
        self.waits = False

    async def send_what_is_late(self) -> None:
        """Send it now, and what is late after that."""
        sent = 0
        while sent < len(self.late):
            self.late[sent][1]()
            sent += 1
            await asyncio.sleep(0)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self.late.append((seconds, call))
        if not self.waits:
            call()


class Served:
    """A server, and ways to talk to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.stopped = asyncio.Event()
        self.front: Front
        self.port = 0

    async def serve(self, started: threading.Event) -> None:
        service = open_service(Settings(control=True, durability="off"), loop=self.loop)
        self.front = Front(service.door, service.store)
        server = await self.loop.create_server(lambda: Connection(self.front), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self.stopped.wait()
        server.close()
        await self.front.finish(seconds=60)  # longer than anybody here waits for its end
        service.store.close()

    def ask(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer, got by a connection of its own."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request(verb, path, None if body is None else json.dumps(body))
            answer = client.getresponse()
            read = answer.read()
            return answer.status, json.loads(read) if read else None
        finally:
            client.close()

    def fault(self, **members: Any) -> str:
        """Make a fault, and return its id."""
        status, made = self.ask("POST", FAULTS, members)
        assert status == 200, made
        return str(made["id"])

    def stored(self) -> list[str]:
        return [task["id"] for task in self.ask("GET", TASKS)[1].get("items", [])]

    def wait_for_hits(self, id: str, count: int) -> None:
        """Wait until the fault has spoiled so many calls."""
        for _ in range(5_000):
            if self.ask("GET", f"{FAULTS}/{id}")[1]["hits"] == str(count):
                return
        raise AssertionError(f"fault {id} has not hit {count} times")

    def sent(self, *requests: bytes) -> socket.socket:
        """A connection that *requests* were sent on."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(b"".join(requests))
        return connection

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run on the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def is_left_by_all(self) -> bool:
        """Wait until there is no connection; TimeoutError if there remain some."""

        async def left() -> bool:
            while self.front.connections:
                await asyncio.sleep(0)
            return True

        return bool(self.run(left()))


@contextmanager
def serving() -> Iterator[Served]:
    """A server until the block ends; that it ends then is made sure of."""
    loop = asyncio.new_event_loop()
    served, started = Served(loop), threading.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(served.serve(started)))
    thread.start()
    assert started.wait(10)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(served.stopped.set)
        thread.join(10)
        assert not thread.is_alive(), "the server does not stop"
        loop.close()


def request(verb: str, path: str, body: Any = None, *, headers: str = "") -> bytes:
    """A request as bytes."""
    text = b"" if body is None else json.dumps(body).encode()
    head = f"{verb} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}"
    return head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(text), text)


def insert(name: str) -> bytes:
    return request("POST", TASKS, {"queueName": "q", "id": name, "payloadBase64": "eHg="})


def head_and_body(message: bytes) -> tuple[dict[str, str], bytes]:
    """The headers of an answer, in lower case, and as much as there is of its body."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in lines}, body


def read_all(connection: socket.socket) -> bytes:
    """What comes until the end; ConnectionResetError where there is no orderly one."""
    with connection:
        pieces = iter(lambda: connection.recv(65_536), b"")
        return b"".join(pieces)
