"""Copies for the archive: written for Google's own client, long ago."""

from __future__ import annotations

import base64
from typing import Any

WEEK_SECONDS = 7 * 86_400


class Archive:
    """Keeps copies of letters in a queue."""

    def __init__(self, service: Any, project: str) -> None:
        self._tasks = service.tasks()
        self._queue = {"project": f"s~{project}", "taskqueue": "copies"}

    def keep(self, text: str) -> str:
        """Keep a copy, at the second try if the connection breaks; returns its number."""
        payload = base64.urlsafe_b64encode(text.encode()).decode()
        body = {"queueName": "copies", "payloadBase64": payload}
        insert = self._tasks.insert(**self._queue, body=body)
        try:
            return insert.execute()["id"]
        except ConnectionError:
            return insert.execute()["id"]

    def borrow(self, count: int) -> dict[str, str]:
        """Lend copies for a week; returns texts by number."""
        answer = self._tasks.lease(**self._queue, numTasks=count, leaseSecs=WEEK_SECONDS).execute()
        return {
            each["id"]: base64.urlsafe_b64decode(each["payloadBase64"]).decode()
            for each in answer.get("items", [])
        }

    def discard(self, number: str) -> None:
        """Throw a copy away."""
        self._tasks.delete(**self._queue, task=number).execute()
