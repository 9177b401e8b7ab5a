"""Secrets are kept as SHA-256, found by the first digits of it, and compared in constant time.

They are long and random, so there is nothing to guess and a slow hash would protect nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Generic, TypeVar

_T = TypeVar("_T")

_INDEXED_DIGITS = 8


def new_secret(prefix: str) -> str:
    """256 random bits as text; *prefix* tells people and secret scanners what they found."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """The SHA-256 of *secret* in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, sha256: str) -> bool:
    """Whether *sha256* is the digest of *secret*; takes as long either way."""
    return hmac.compare_digest(digest(secret), sha256)


class DigestIndex(Generic[_T]):
    """Values by the digest of a secret.

    Only the first digits are looked up as a key; they tell nothing about the rest, which is
    compared in constant time.
    """

    def __init__(self) -> None:
        self._places: dict[str, dict[str, _T]] = {}

    def add(self, sha256: str, value: _T) -> None:
        """Let the secret with this digest find *value*."""
        self._places.setdefault(sha256[:_INDEXED_DIGITS], {})[sha256] = value

    def remove(self, sha256: str) -> None:
        """Forget a digest that was added."""
        place = self._places[sha256[:_INDEXED_DIGITS]]
        del place[sha256]
        if not place:
            del self._places[sha256[:_INDEXED_DIGITS]]

    def find(self, secret: str) -> _T | None:
        """What was added for the digest of *secret*."""
        wanted = digest(secret)
        found = None
        # copied in one step, because another thread may add to it
        for sha256, value in tuple(self._places.get(wanted[:_INDEXED_DIGITS], {}).items()):
            if hmac.compare_digest(sha256, wanted):
                found = value
        return found
