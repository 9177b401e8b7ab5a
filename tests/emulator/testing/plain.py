"""The API by plain HTTP, or straight into an application: what programs under test do."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import Any

from emulator.testing import Server

QUEUES = "/taskqueue/v1beta2/projects/p/taskqueues"


def ask(server: Server, verb: str, target: str, body: object = None) -> Any:
    """What the server answers; through its socket where it has one."""
    sent = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if server.environment:
        request = urllib.request.Request(server.url + target, sent, headers, method=verb)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
    answered = server.wsgi.test_client().open(target, method=verb, data=sent, headers=headers)
    assert answered.status_code < 400, answered.text
    return json.loads(answered.data or b"null")


def insert(server: Server, queue: str, payload: str = "hello", **members: Any) -> str:
    """Insert a task into *queue* of project ``p``; its name."""
    text = base64.urlsafe_b64encode(payload.encode()).decode()
    task = ask(server, "POST", f"{QUEUES}/{queue}/tasks", {"payloadBase64": text, **members})
    name: str = task["id"]
    return name


def lease(server: Server, queue: str, count: int = 1) -> list[str]:
    """Lease tasks for a minute; their names."""
    target = f"{QUEUES}/{queue}/tasks/lease?numTasks={count}&leaseSecs=60"
    return [each["id"] for each in ask(server, "POST", target).get("items", [])]


def delete(server: Server, queue: str, name: str) -> None:
    """Delete a task."""
    ask(server, "DELETE", f"{QUEUES}/{queue}/tasks/{name}")
