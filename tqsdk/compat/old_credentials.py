"""The credentials that old programs have, of oauth2client, where new ones are expected too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tqsdk import auth


def scoped(credentials: Any, scopes: Sequence[str]) -> Any:
    """The credentials with *scopes*, if they need any and have none."""
    if getattr(credentials, "requires_scopes", False):  # google-auth
        return credentials.with_scopes(scopes)
    if hasattr(credentials, "create_scoped_required") and credentials.create_scoped_required():
        return credentials.create_scoped(scopes)  # oauth2client
    return credentials


def token_source(credentials: Any) -> auth.Credentials:
    """What a ``Client`` takes as credentials."""
    if not hasattr(credentials, "get_access_token"):
        new: auth.Credentials = credentials
        return new
    old = scoped(credentials, auth.SCOPES)

    def token() -> auth.AccessToken:
        answer = old.get_access_token()
        expires_at = datetime.now(UTC) + timedelta(seconds=answer.expires_in)
        return auth.AccessToken(answer.access_token, expires_at)

    return token
