"""Calls of the control API, by method id: over a socket, or straight into an application."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from discovery import contract
from emulator.testing.reading import camel, instant_text

if TYPE_CHECKING:
    from flask import Flask

# For an answer; what waits in the server waits for less.
_PATIENCE_SECONDS = 360

Answer: TypeAlias = tuple[int, bytes]


class ControlError(RuntimeError):
    """The server refused a call of its control API; the message carries what it said.

    Attributes:
        method: The id of the method.
        status: The HTTP status of the answer.
        reason: Google's word for what is wrong, such as ``invalidParameter``; "" if none was given.
        text: What the server said.
    """

    def __init__(self, method: str, status: int, body: bytes) -> None:
        self.method = method
        self.status = status
        self.reason, self.text = _error(body)
        unknown = status == 404 and self.text == "Not Found"
        hint = " (does it serve the control API, as with --control?)" if unknown else ""
        super().__init__(f"{method} was answered with {status} {self.reason}: {self.text}{hint}")


class Send(Protocol):
    """One request to a server."""

    def __call__(
        self, verb: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """What it is answered with.

        Args:
            verb: Such as ``POST``.
            target: Path and query, percent-encoded.
            body: JSON; None is no body.
            headers: To send.

        Raises:
            OSError: No server answers.
        """
        ...


def over_http(url: str) -> Send:
    """Sends to the server at *url*, over a connection for each call."""
    at = urlsplit(url)
    kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection

    def send(verb: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        connection = kind(at.hostname or "", at.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(verb, target, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    return send


def into(application: Flask) -> Send:
    """Calls *application*, in the caller's own thread."""

    def send(verb: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        client = application.test_client()  # one for each call: threads cannot share it
        answer = client.open(target, method=verb, data=body, headers=dict(headers))
        return answer.status_code, answer.get_data()

    return send


class ControlApi:
    """Calls methods of ``discovery/emulator.v1.json``."""

    def __init__(self, send: Send, *, token: str | None = None) -> None:
        """Make one.

        Args:
            send: Reaches the server.
            token: The server's control token, if it has one.
        """
        self._send = send
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def __call__(
        self, method: str, /, *, body: Mapping[str, Any] | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """What ``emulator.{method}`` answers; an empty answer is an empty object.

        Args:
            method: Such as ``tasks.list``.
            body: A JSON object.
            parameters: Of path and query, in snake case; None is left out.

        Raises:
            ControlError: The server refused.
            OSError: No server answers.
        """
        described = contract.control().methods[f"emulator.{method}"]
        given = {camel(name): _text(each) for name, each in parameters.items() if each is not None}
        path = re.sub(r"\{(\w+)\}", lambda found: quote(given.pop(found[1]), ""), described.path)
        target = contract.control().base_path + path + (f"?{urlencode(given)}" if given else "")
        sent = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, **({"Content-Type": "application/json"} if sent else {})}
        status, answered = self._send(described.verb, target, sent, headers)
        if status >= 400:
            raise ControlError(described.id, status, answered)
        members: dict[str, Any] = json.loads(answered) if answered else {}
        return members


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return instant_text(value) if isinstance(value, datetime) else str(value)


def _error(body: bytes) -> tuple[str, str]:
    """The reason and the message of an answer in Google's envelope, or whatever it says."""
    try:
        error = json.loads(body)["error"]
        return error["errors"][0]["reason"], error["message"]
    except (ValueError, LookupError, TypeError):
        return "", body.decode("utf-8", "replace").strip() or "nothing"
