"""Single calls to a server, where a test has to know how each was answered."""

from __future__ import annotations

import json
from http.client import HTTPConnection

TASKS = "/taskqueue/v1beta2/projects/p/taskqueues/q/tasks"


def lease(port: int, *, attempt: str) -> list[dict]:
    """Lease what there is for ten minutes, under an id."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "POST",
        f"{TASKS}/lease?numTasks=100&leaseSecs=600",
        headers={"X-TaskQueue-Attempt": attempt},
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer.get("items", [])


def insert(port: int, name: str) -> tuple[int, str | None]:
    """Try to use a name: the status, and the engine's code."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "POST", TASKS, json.dumps({"id": name, "queueName": "q", "payloadBase64": ""})
    )
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers["X-TaskQueue-Error"]
