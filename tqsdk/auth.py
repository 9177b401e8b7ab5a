"""As whom the client calls: where the Authorization header comes from, and when it is renewed.

Nothing is taken from the machine unless asked for: without ``token=`` and ``credentials=`` a client
is anonymous. Tokens are in no ``repr``, no log line and no error.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias, runtime_checkable

from tqsdk import config
from tqsdk.clock import Watch
from tqsdk.errors import ConfigError, CredentialsError
from tqsdk.forks import Lock

SCOPES = ("https://www.googleapis.com/auth/taskqueue",)

_AHEAD = timedelta(seconds=225)  # as google-auth does: its tokens count as expired from there on
_AFTER_A_FAILURE = timedelta(seconds=10)

_log = logging.getLogger("tqsdk")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token, and how long it holds.

    Attributes:
        value: The token itself.
        expires_at: Aware; None if it holds until the server refuses it.

    Raises:
        ConfigError: The expiry has no time zone.
    """

    value: str = field(repr=False)
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise ConfigError("AccessToken: expires_at has no time zone: add tzinfo=timezone.utc")


TokenSource: TypeAlias = Callable[[], str | AccessToken]


@runtime_checkable
class GoogleCredentials(Protocol):
    """What is asked of credentials of google-auth; all of theirs have it."""

    token: Any
    expiry: Any

    def refresh(self, request: Any) -> object:
        """Get a new token."""
        ...


@dataclass(frozen=True, slots=True)
class ApplicationDefault:
    """What ``google.auth.default`` finds on this machine; see ``default``."""

    scopes: Sequence[str]


def default(*, scopes: Sequence[str] = SCOPES) -> ApplicationDefault:
    """Application Default Credentials: a key file, the login of gcloud, or the machine's account.

    They are looked for when the first request needs them.

    Args:
        scopes: What the tokens are to be good for.
    """
    return ApplicationDefault(tuple(scopes))


def service_account(
    key: str | os.PathLike[str] | Mapping[str, Any], *, scopes: Sequence[str] = SCOPES
) -> GoogleCredentials:
    """The credentials of a service account.

    Args:
        key: The path of its key file, or what is in it.
        scopes: What the tokens are to be good for.

    Raises:
        CredentialsError: It is no such key.
        ConfigError: google-auth is not installed.
    """
    made: GoogleCredentials = _google().service_account(key, scopes)
    return made


Credentials: TypeAlias = ApplicationDefault | GoogleCredentials | TokenSource


class Authorizer(Protocol):
    """Gives the value of the Authorization header, to any thread."""

    def at_once(self, rejected: str | None = None) -> bool:
        """Whether ``header`` will answer without asking anybody, so that it need not be awaited."""
        ...

    def header(self, rejected: str | None = None) -> str | None:
        """The value to send; None to send none.

        Args:
            rejected: The value that the server has just answered 401 to. Another is returned if
                there can be another.

        Raises:
            CredentialsError: No token could be had.
        """
        ...


def authorizer(
    *,
    token: str | None,
    credentials: Credentials | None,
    endpoint: str,
    is_emulator: bool,
    clock: Watch,
) -> Authorizer:
    """Choose, and refuse to send credentials where they do not belong.

    Args:
        token: A static token.
        credentials: Anything that gives tokens.
        endpoint: The server they are for.
        is_emulator: Whether that is the one of ``TASKQUEUE_EMULATOR_HOST``.
        clock: By which tokens expire.

    Raises:
        ConfigError: Both are given; or real credentials would go to an emulator, or unprotected
            over a network; or google-auth is needed and not installed.
    """
    if token is not None and credentials is not None:
        raise ConfigError("give token= or credentials=, not both")
    if token is not None:
        return _Static(_bearer(token))
    if credentials is None or (_is_google(credentials) and _google().is_anonymous(credentials)):
        return _Static(None)
    if is_emulator:
        raise ConfigError(
            f"{config.EMULATOR_HOST} is set, and real credentials are not sent to an emulator: "
            f"leave out credentials=, or give a made-up token=, or unset {config.EMULATOR_HOST}"
        )
    if isinstance(credentials, ApplicationDefault) or _is_google(credentials):
        _refuse_plain_http(endpoint)
        return _Renewed(_google().source(credentials), clock)
    if not callable(credentials):
        raise ConfigError(
            "credentials= must be of google-auth or tqsdk.auth, or a function that returns a token"
        )
    return _Renewed(credentials, clock)


class _Static:
    """Always the same."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def at_once(self, rejected: str | None = None) -> bool:
        return True

    def header(self, rejected: str | None = None) -> str | None:
        return self._value


@dataclass(frozen=True, slots=True)
class _Held:
    """A header in use.

    Attributes:
        renew_at: From then on there should be another.
        until: From then on it is worth nothing.
    """

    value: str = field(repr=False)
    renew_at: datetime | None = None
    until: datetime | None = None

    def is_fresh(self, now: datetime, rejected: str | None) -> bool:
        return self.value != rejected and (self.renew_at is None or now < self.renew_at)

    def is_usable(self, now: datetime, rejected: str | None) -> bool:
        return self.value != rejected and (self.until is None or now < self.until)


class _Renewed:
    """Asks *source* for a token: the first time, ahead of its expiry, and when it is rejected.

    One thread asks, under a lock. The others wait for it only if they have nothing to go on with.
    A token that comes without an expiry, as mere text, is used once.
    """

    def __init__(self, source: TokenSource, clock: Watch) -> None:
        self._source = source
        self._clock = clock
        self._lock = Lock()
        self._held: _Held | None = None

    def at_once(self, rejected: str | None = None) -> bool:
        held = self._held
        return held is not None and held.is_fresh(self._clock.now(), rejected)

    def header(self, rejected: str | None = None) -> str | None:
        held, now = self._held, self._clock.now()
        if held is not None and held.is_usable(now, rejected):
            if held.is_fresh(now, rejected) or not self._lock.acquire(blocking=False):
                return held.value
        else:
            self._lock.acquire()
        try:
            held = self._held  # another thread may have been faster
            if held is not None and held.is_fresh(now, rejected):
                return held.value
            return self._renew(held, rejected)
        finally:
            self._lock.release()

    def _renew(self, held: _Held | None, rejected: str | None) -> str | None:
        now = self._clock.now()
        try:
            token = self._source()
        except CredentialsError as error:
            if held is None or not held.is_usable(now, rejected):
                raise
            _log.warning("the token could not be renewed, and is still used: %s", error)
            self._held = _Held(held.value, now + _AFTER_A_FAILURE, held.until)
            return held.value
        if not isinstance(token, AccessToken):
            return _bearer(token)
        self._held = _held(token, self._clock.now())
        return self._held.value


def _held(token: AccessToken, now: datetime) -> _Held:
    until = token.expires_at
    if until is None:
        return _Held(_bearer(token.value))
    # A token of a few minutes is renewed after three quarters of them.
    return _Held(_bearer(token.value), max(until - _AHEAD, now + 0.75 * (until - now)), until)


def _bearer(token: object) -> str:
    return f"Bearer {config.check_token(token)}"


def _refuse_plain_http(endpoint: str) -> None:
    if config.is_plain_http(endpoint):
        raise ConfigError(
            f"Google credentials are not sent unprotected to {endpoint}: use https://, or for a "
            "network that you trust give a function that returns a token"
        )


def _is_google(credentials: object) -> bool:
    return isinstance(credentials, GoogleCredentials)


def _google() -> Any:
    """The module that needs google-auth."""
    try:
        from tqsdk import google_credentials
    except ImportError as error:
        raise ConfigError(
            "these credentials need google-auth: pip install 'taskqueue-sdk[google]'"
        ) from error
    return google_credentials
