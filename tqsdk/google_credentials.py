"""Credentials of google-auth as a source of tokens. Imported only by a client that has some."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import google.auth
from google.auth import exceptions
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials as ServiceAccount

from tqsdk import auth
from tqsdk.errors import CredentialsError

_google_auth: Any = google.auth  # its functions declare no types


def is_anonymous(credentials: object) -> bool:
    return isinstance(credentials, AnonymousCredentials)


def service_account(
    key: str | os.PathLike[str] | Mapping[str, Any], scopes: Sequence[str]
) -> auth.GoogleCredentials:
    """See ``auth.service_account``."""
    kind: Any = ServiceAccount  # google-auth declares no types here
    try:
        if isinstance(key, Mapping):
            made: auth.GoogleCredentials = kind.from_service_account_info(key, scopes=scopes)
        else:
            made = kind.from_service_account_file(os.fspath(key), scopes=scopes)
    except (OSError, ValueError, exceptions.GoogleAuthError) as error:
        raise CredentialsError(f"not the key of a service account: {error}") from error
    return made


def source(
    credentials: auth.ApplicationDefault | auth.GoogleCredentials,
) -> auth.TokenSource:
    """What gives a new token each time, unless *credentials* have one that it has not given yet."""
    if isinstance(credentials, auth.ApplicationDefault):
        return _Default(credentials.scopes)
    return _Source(_google_auth.credentials.with_scopes_if_required(credentials, auth.SCOPES))


class _Source:
    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials
        self._given: str | None = None

    def __call__(self) -> auth.AccessToken:
        own = self._credentials
        # Other clients may share the credentials, and have refreshed them already.
        if not own.valid or own.token == self._given:
            try:
                own.refresh(Request())  # a new one: its connection would not outlive a fork
            except exceptions.GoogleAuthError as error:
                raise _failed(error) from error
        self._given = own.token
        expiry = own.expiry
        return auth.AccessToken(own.token, expiry and expiry.replace(tzinfo=UTC))


class _Default:
    def __init__(self, scopes: Sequence[str]) -> None:
        self._scopes = scopes
        self._source: _Source | None = None

    def __call__(self) -> auth.AccessToken:
        if self._source is None:
            try:
                found, _ = _google_auth.default(scopes=self._scopes)
            except exceptions.GoogleAuthError as error:
                raise _failed(error) from error
            self._source = _Source(found)
        return self._source()


def _failed(error: exceptions.GoogleAuthError) -> CredentialsError:
    # Only the first argument is a text for people; others are whole answers.
    text = str(error.args[0]) if error.args else type(error).__name__
    untyped: Any = error
    passing: bool = untyped.retryable or isinstance(error, exceptions.TransportError)
    return CredentialsError(f"no access token: {text}", transient=passing)
