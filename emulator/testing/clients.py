"""Clients that insert, lease, renew, release and delete, all at once; and a record of it.

They hold on to what they have leased while their server is away, and go on when it is back. What
they do depends on a seed; how it interleaves, on the machine.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeAlias

from emulator.engine.clock import MICROSECONDS
from emulator.testing.history import Kind, Operation, Result

PROJECT = "verify"
QUEUE = "q"

_TASKS = f"/taskqueue/v1beta2/projects/{PROJECT}/taskqueues/{QUEUE}/tasks"

# Some end within a run, so that tasks are leased again; some outlive every kill.
_LEASE_SECONDS = (1, 5, 600)
_RENEW_SECONDS = (0, 1, 60)

_Task: TypeAlias = dict[str, Any]


class AnswerError(Exception):
    """A call was answered in a way that no pull queue answers it."""


class Crew:
    """Some clients of one server at a time, and the record of what they did.

    Attributes:
        history: What they did and were told, in the order in which it ended.
    """

    def __init__(self, *, clients: int, seed: int) -> None:
        self.history: list[Operation] = []
        self._failures: list[Exception] = []
        self._working = 0
        self._changed = threading.Condition()
        self._clients = [_Client(f"{seed}-{number}", self._note) for number in range(clients)]
        self._threads: list[threading.Thread] = []

    def start(self, port: int) -> None:
        """Let all clients work on the server at *port* until it is gone."""
        self._working = len(self._clients)
        self._threads = [
            threading.Thread(target=self._run, args=(client, port), daemon=True)
            for client in self._clients
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all have noticed that the server is gone.

        Raises:
            AnswerError: What a client was answered made no sense to it.
        """
        for thread in self._threads:
            thread.join()
        if self._failures:
            first = self._failures[0]
            raise AnswerError(f"a client failed: {type(first).__name__}: {first}") from first

    def wait_for(self, count: int) -> None:
        """Wait until the record has *count* operations, or nobody works any more."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.history) >= count or not self._working)

    def _run(self, client: _Client, port: int) -> None:
        try:
            client.work(port)
        except Exception as error:
            self._failures.append(error)
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def _note(self, operation: Operation) -> None:
        with self._changed:
            self.history.append(operation)
            self._changed.notify_all()


class _Client:
    """One of them: a connection, and the tasks that it holds."""

    def __init__(self, name: str, note: Callable[[Operation], None]) -> None:
        self._name = name
        self._note = note
        self._random = random.Random(name)
        self._mine: dict[str, _Task] = {}
        self._inserted = 0

    def work(self, port: int) -> None:
        """Do one thing after the other until the server is gone."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while True:
                self._step()
        except (OSError, HTTPException):
            pass  # the server is gone: so ends this round
        finally:
            self._connection.close()

    def _step(self) -> None:
        held = self._random.choice(sorted(self._mine)) if self._mine else None
        dice = self._random.random()
        # More is asked for than inserted: so the queue is nearly empty at most times, and whatever
        # could be leased too early, or twice, would be.
        if dice < 0.3:
            self._insert()
        elif dice < 0.5:
            self._lease()
        elif held is not None and dice < 0.6:
            self._renew(held)
        elif held is not None and dice < 0.65:
            # As a worker that died: somebody else leases the task when its time is over.
            del self._mine[held]
        elif held is not None:
            self._delete(held)

    def _insert(self) -> None:
        self._inserted += 1
        name = f"{self._name}-{self._inserted}"
        body: _Task = {"id": name, "queueName": QUEUE, "payloadBase64": "eA=="}
        eta = 0
        if self._random.random() < 0.1:
            eta = time.time_ns() // 1_000 + self._random.randrange(2 * MICROSECONDS)
            body["leaseTimestamp"] = str(eta)
        self._ask(Kind.INSERT, name, "POST", _TASKS, body, begins=eta)

    def _lease(self) -> None:
        count = self._random.choice((1, 1, 3))
        seconds = self._random.choice(_LEASE_SECONDS)
        started = time.monotonic()
        status, answer = self._send("POST", f"{_TASKS}/lease?numTasks={count}&leaseSecs={seconds}")
        if status != 200:
            raise AnswerError(f"a lease was answered {status}: {answer}")
        for task in answer.get("items", ()):
            self._mine[task["id"]] = task
            self._note_held(Kind.LEASE, task, started, seconds)

    def _renew(self, name: str) -> None:
        seconds = self._random.choice(_RENEW_SECONDS)
        task = self._mine.pop(name)
        body = {key: task[key] for key in ("id", "leaseTimestamp", "retry_count")}
        path = f"{_TASKS}/{name}?newLeaseSeconds={seconds}"
        started = time.monotonic()
        answer = self._ask(Kind.RENEW, name, "POST", path, body, note_done=False)
        if answer is None:
            return
        self._note_held(Kind.RENEW, answer, started, seconds)
        if seconds:
            self._mine[name] = answer

    def _delete(self, name: str) -> None:
        del self._mine[name]
        self._ask(Kind.DELETE, name, "DELETE", f"{_TASKS}/{name}")

    def _ask(
        self,
        kind: Kind,
        name: str,
        verb: str,
        path: str,
        body: _Task | None = None,
        *,
        begins: int = 0,
        note_done: bool = True,
    ) -> _Task | None:
        """Send, and note how it ended; the answer's body if it was done."""
        started = time.monotonic()
        result, answer = Result.UNKNOWN, None
        try:
            status, answer = self._send(verb, path, body)
            if status < 500:
                result = Result.DONE if status in (200, 204) else Result.REFUSED
        finally:
            if note_done or result is not Result.DONE:
                self._note(
                    Operation(
                        kind=kind,
                        task=name,
                        started=started,
                        ended=time.monotonic(),
                        result=result,
                        who=self._name,
                        begins=begins,
                    )
                )
        return answer if result is Result.DONE else None

    def _send(self, verb: str, path: str, body: _Task | None = None) -> tuple[int, _Task]:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        self._connection.request(verb, path, data, headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else {}

    def _note_held(self, kind: Kind, task: _Task, started: float, seconds: int) -> None:
        ends = int(task["leaseTimestamp"])
        self._note(
            Operation(
                kind=kind,
                task=task["id"],
                started=started,
                ended=time.monotonic(),
                who=self._name,
                begins=ends - seconds * MICROSECONDS,
                ends=ends,
                retry_count=task["retry_count"],
            )
        )
