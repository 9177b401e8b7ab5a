"""Whose requests they were.

A token is looked up when its request comes. When the journal is read it may have expired, or only
Google could say; so whoever is found is remembered, by token.
"""

from __future__ import annotations

import threading

from emulator.rest.access import Authenticator, Caller

_MOST = 10_000


class Callers:
    """An authenticator that remembers whom it has met."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._emails: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def waits(self) -> bool:
        """Whether the authenticator does."""
        return self._authenticator.waits

    def caller(self, token: str | None) -> Caller:
        """Who holds *token*.

        Raises:
            WireError: As of the authenticator.
        """
        caller = self._authenticator.caller(token)
        if token and caller.email is not None and self._emails.get(token) != caller.email:
            self._remember(token, caller.email)
        return caller

    def email(self, token: str | None) -> str | None:
        """Who held *token* when it was last good, if that is remembered."""
        return self._emails.get(token) if token else None

    def _remember(self, token: str, email: str) -> None:
        with self._lock:
            while len(self._emails) >= _MOST:
                del self._emails[next(iter(self._emails))]
            self._emails[token] = email
