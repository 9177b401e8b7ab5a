"""Clients that insert, lease, renew, release and delete until the server is gone; and a record."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException

from emulator.testing.history import Kind, Operation, Result, Stored

QUEUE = "/taskqueue/v1beta2/projects/p/taskqueues/q"
SECONDS = 1_000_000


class Load:
    """Some clients on one server; what they did is in ``history``."""

    def __init__(self, port: int, *, clients: int, seed: int, enough: int) -> None:
        self.history: list[Operation] = []
        self.enough = threading.Event()
        self._enough = enough
        self._clients = [
            threading.Thread(target=_Client(port, f"{seed}-{number}", self._note).run)
            for number in range(clients)
        ]
        for client in self._clients:
            client.start()

    def join(self) -> None:
        for client in self._clients:
            client.join(timeout=60)
            assert not client.is_alive()

    def _note(self, operation: Operation) -> None:
        self.history.append(operation)
        if len(self.history) >= self._enough:
            self.enough.set()


class _Client:
    def __init__(self, port: int, name: str, note: Callable[[Operation], None]) -> None:
        self.name = name
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._note = note
        self._random = random.Random(name)
        self._mine: dict[str, dict] = {}
        self._inserted = 0

    def run(self) -> None:
        try:
            while True:
                self._step()
        except (OSError, HTTPException):
            pass  # the server is gone: that is how a load ends
        finally:
            self._connection.close()

    def _step(self) -> None:
        held = self._random.choice(sorted(self._mine)) if self._mine else None
        dice = self._random.random()
        if dice < 0.4:
            self._insert()
        elif dice < 0.6:
            self._lease()
        elif held is not None and dice < 0.75:
            self._renew(held, self._random.choice([0, 60, 600]))
        elif held is not None:
            self._delete(held)

    def _insert(self) -> None:
        self._inserted += 1
        name = f"{self.name}-{self._inserted}"
        body = {"id": name, "queueName": "q", "payloadBase64": "eA=="}
        self._ask(Kind.INSERT, name, "POST", f"{QUEUE}/tasks", body)

    def _lease(self) -> None:
        count = self._random.choice([1, 1, 3])
        started = time.monotonic()
        status, answer = self._send("POST", f"{QUEUE}/tasks/lease?numTasks={count}&leaseSecs=600")
        assert status == 200, answer
        for task in answer.get("items", ()):
            self._mine[task["id"]] = task
            self._note_lease(Kind.LEASE, task, started, 600)

    def _renew(self, name: str, seconds: int) -> None:
        task = self._mine.pop(name)
        body = {key: task[key] for key in ("id", "leaseTimestamp", "retry_count")}
        path = f"{QUEUE}/tasks/{name}?newLeaseSeconds={seconds}"
        started = time.monotonic()
        answer = self._ask(Kind.RENEW, name, "POST", path, body, note_done=False)
        assert answer is not None
        self._note_lease(Kind.RENEW, answer, started, seconds)
        if seconds:
            self._mine[name] = answer

    def _delete(self, name: str) -> None:
        del self._mine[name]
        self._ask(Kind.DELETE, name, "DELETE", f"{QUEUE}/tasks/{name}")

    def _ask(self, kind, name, verb, path, body=None, *, note_done=True):
        """Send, and note how it ended; the answer's body if it was done."""
        started = time.monotonic()
        try:
            status, answer = self._send(verb, path, body)
        except (OSError, HTTPException):
            self._note(self._operation(kind, name, started, Result.UNKNOWN))
            raise
        assert status in (200, 204), answer
        if note_done:
            self._note(self._operation(kind, name, started, Result.DONE))
        return answer

    def _send(self, verb, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        self._connection.request(verb, path, data, headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else {}

    def _note_lease(self, kind: Kind, task: dict, started: float, seconds: int) -> None:
        ends = int(task["leaseTimestamp"])
        self._note(
            Operation(
                kind=kind,
                task=task["id"],
                started=started,
                ended=time.monotonic(),
                who=self.name,
                begins=ends - seconds * SECONDS,
                ends=ends,
                retry_count=task["retry_count"],
            )
        )

    def _operation(self, kind: Kind, name: str, started: float, result: Result) -> Operation:
        return Operation(
            kind=kind,
            task=name,
            started=started,
            ended=time.monotonic(),
            who=self.name,
            result=result,
        )


def stored_tasks(port: int, names) -> dict[str, Stored]:
    """What the server has of *names* now."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    found: dict[str, Stored] = {}
    for name in names:
        connection.request("GET", f"{QUEUE}/tasks/{name}")
        response = connection.getresponse()
        task = json.loads(response.read())
        if response.status == 200:
            found[name] = Stored(int(task["leaseTimestamp"]), task["retry_count"])
    connection.close()
    return found


def lease(port: int, *, attempt: str) -> list[dict]:
    """Lease what there is for ten minutes, under an id."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "POST",
        f"{QUEUE}/tasks/lease?numTasks=100&leaseSecs=600",
        headers={"X-TaskQueue-Attempt": attempt},
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer.get("items", [])


def insert(port: int, name: str) -> tuple[int, str | None]:
    """Try to use a name: the status, and the engine's code."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "POST", f"{QUEUE}/tasks", json.dumps({"id": name, "queueName": "q", "payloadBase64": ""})
    )
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers["X-TaskQueue-Error"]
