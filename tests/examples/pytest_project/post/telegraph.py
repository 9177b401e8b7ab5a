"""Telegrams over plain HTTP, with nothing but the standard library."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.request import Request, urlopen


class Telegraph:
    """Sends and receives telegrams through the queue at *queue_url*."""

    def __init__(self, queue_url: str) -> None:
        self._url = queue_url

    def send(self, text: str, *, number: str | None = None) -> str:
        """Send a telegram; returns its number, which may be given."""
        payload = base64.urlsafe_b64encode(text.encode()).decode()
        numbered = {} if number is None else {"id": number}
        return self._ask("POST", "/tasks", {"payloadBase64": payload, **numbered})["id"]

    def receive(self) -> str | None:
        """The oldest telegram, which is then gone; None if there is none."""
        items = self._ask("POST", "/tasks/lease?numTasks=1&leaseSecs=60").get("items")
        if not items:
            return None
        self._ask("DELETE", f"/tasks/{items[0]['id']}")
        return base64.urlsafe_b64decode(items[0]["payloadBase64"]).decode()

    def waiting(self) -> int:
        """How many telegrams are on the wire."""
        return self._ask("GET", "?getStats=true")["stats"]["totalTasks"]

    def _ask(self, verb: str, rest: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(self._url + rest, sent, headers, method=verb)) as answer:
            return json.loads(answer.read() or "{}")
