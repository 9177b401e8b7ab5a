"""Calls of Pub/Sub's REST API (v1).

Four calls are all that a move needs. Google's own library would bring gRPC, threads that pull ahead
of what is asked for, and 60 MB; this needs ``requests``, which is here, and ``google-auth``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

import requests

from tqsdk.clock import Clock
from tqsdk.migrate.moving.model import MissingLibraryError, MoveError

_SERVICE = "https://pubsub.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/pubsub"
_EMULATOR = "PUBSUB_EMULATOR_HOST"

_TRANSIENT = {408, 429, 500, 502, 503, 504}
_TIMEOUT = (10, 60)  # seconds: for a connection, and for an answer
_ATTEMPTS = 6
_LONGEST_WAIT = 16.0  # seconds

ALREADY_EXISTS = 409
NOT_FOUND = 404


class CallError(MoveError):
    """Pub/Sub has refused a call.

    Attributes:
        status: Of HTTP.
    """

    def __init__(self, what: str, status: int, message: str) -> None:
        super().__init__(f"Pub/Sub: {what}: {message} ({status})")
        self.status = status


class Service:
    """One service.

    Args:
        session: Adds what proves who calls.
        url: Of the service, without a path.
        clock: Waits between attempts.
    """

    def __init__(self, session: requests.Session, url: str, clock: Clock) -> None:
        self._session = session
        self._url = url
        self._clock = clock

    def call(
        self, verb: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Send a call, and again if it may have been bad luck.

        Args:
            verb: Of HTTP.
            path: From the version on, such as ``projects/p/topics/t``.
            body: What is sent as JSON.

        Raises:
            CallError: It is refused.
            MoveError: No answer came, each time.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            is_last = attempt == _ATTEMPTS
            try:
                answer = self._session.request(
                    verb, f"{self._url}/v1/{path}", json=body, timeout=_TIMEOUT
                )
            except (requests.Timeout, requests.ConnectionError) as error:
                if is_last:
                    raise MoveError(f"Pub/Sub: {path}: {error}") from error
            else:
                if answer.status_code not in _TRANSIENT or is_last:
                    return _members(path, answer)
            self._clock.sleep(min(2.0 ** (attempt - 1), _LONGEST_WAIT))
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        self._session.close()


def service(clock: Clock) -> Service:
    """Google's, with the credentials of the environment; or the emulator that it names.

    Raises:
        MoveError: There are no credentials.
    """
    host = os.environ.get(_EMULATOR)
    if host:
        return Service(requests.Session(), f"http://{host}", clock)
    return Service(_authorized(), _SERVICE, clock)


def _authorized() -> requests.Session:
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import AuthorizedSession
    except ModuleNotFoundError as error:
        raise MissingLibraryError("google-auth", "pubsub") from error
    try:
        untyped: Any = google.auth  # its functions declare no types
        credentials, _ = untyped.default(scopes=[_SCOPE])
    except GoogleAuthError as error:
        raise MoveError(f"Pub/Sub: {error}") from error
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]


def _members(path: str, answer: requests.Response) -> dict[str, Any]:
    try:
        members = answer.json()
    except ValueError:
        members = None
    if answer.ok and isinstance(members, dict):
        return cast(dict[str, Any], members)
    message = answer.reason
    if isinstance(members, dict):
        message = cast(dict[str, Any], members).get("error", {}).get("message", message)
    raise CallError(path, answer.status_code, message)
