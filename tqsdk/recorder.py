"""A transport that writes down what goes through another one, without its secrets.

Users find it in ``tqsdk.testing``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from discovery import contract
from tqsdk.errors import TransportError
from tqsdk.transport import Request, Response, Timeout, Transport

_HIDDEN = "***"
_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "set-cookie"}
_SECRET_PARAMETERS = re.compile(r"(?<=[?&])(access_token|key|oauth_token)=[^&#]*")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request, and what came of it. What could be a credential reads ``***``.

    Attributes:
        request: As the client sent it.
        answer: The response; or the error, if there was none.
    """

    request: Request
    answer: Response | TransportError

    @property
    def operation(self) -> str | None:
        """The method that was called, as ``tasks.lease``; None if the API has no such method."""
        of = contract.load("v1beta2")
        _, _, path = urlsplit(self.request.url).path.partition(of.base_path)
        for method in of.methods.values():
            if method.verb == self.request.method and _fits(method.path, path):
                return method.id.removeprefix(f"{of.name}.")
        return None

    @property
    def body(self) -> Any:
        """What the request said, read as JSON; None if it has no body."""
        return None if self.request.body is None else json.loads(self.request.body)


class Recorder:
    """Passes requests on to *transport*, and keeps them with their answers, in order of these.

    ``ScriptedTransport(*recorder.answers)`` then gives the same answers without a server.

    Args:
        transport: Any: ``RequestsTransport()``, or ``WsgiTransport(app)``.

    Attributes:
        recorded: All so far.
    """

    def __init__(self, transport: Transport) -> None:
        self.recorded: list[Recorded] = []
        self._transport = transport

    def send(self, request: Request, timeout: Timeout) -> Response:
        """Send through the other transport."""
        try:
            response = self._transport.send(request, timeout)
        except TransportError as error:
            self.recorded.append(Recorded(_without_secrets(request), error))
            raise
        kept = replace(response, headers=_hidden(response.headers))
        self.recorded.append(Recorded(_without_secrets(request), kept))
        return response

    @property
    def operations(self) -> list[str | None]:
        """The methods called, one for each attempt."""
        return [each.operation for each in self.recorded]

    @property
    def answers(self) -> list[Response | TransportError]:
        """What came back, one for each attempt."""
        return [each.answer for each in self.recorded]


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == other for part, other in zip(wanted, given, strict=True)
    )


def _without_secrets(request: Request) -> Request:
    url = _SECRET_PARAMETERS.sub(rf"\1={_HIDDEN}", request.url)
    return replace(request, url=url, headers=_hidden(request.headers))


def _hidden(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _HIDDEN if name.lower() in _SECRET_HEADERS else value
        for name, value in headers.items()
    }
