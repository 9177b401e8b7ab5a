"""Access tokens given out while the server runs. They live in memory and for an hour."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from emulator.auth.digests import DigestIndex, digest, new_secret
from emulator.engine.clock import MICROSECONDS, Clock

LIFETIME_SECONDS = 3600
"""As long as Google's."""

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for.

    Attributes:
        email: Whose it is.
        scopes: What it is good for; None is everything.
        source: The name of the entry in the tokens file that it was got with, without which it is
            worth nothing.
    """

    email: str
    scopes: frozenset[str] | None
    source: str


@dataclass(frozen=True, slots=True)
class _Issued:
    grant: Grant
    until: int


class IssuedTokens:
    """The tokens given out and not yet expired; the oldest go first when there are too many."""

    def __init__(self, clock: Clock, *, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._index: DigestIndex[_Issued] = DigestIndex()
        # All live equally long, so the order of issue is the order of expiry.
        self._order: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self, grant: Grant) -> str:
        """A new token for *grant*."""
        token = new_secret("tqa_")
        sha256 = digest(token)
        now = self._clock.now()
        until = now + LIFETIME_SECONDS * MICROSECONDS
        with self._lock:
            self._forget(now)
            self._index.add(sha256, _Issued(grant, until))
            self._order[sha256] = until
        return token

    def find(self, token: str) -> Grant | None:
        """What *token* stands for, while it lives."""
        found = self._index.find(token)
        if found is None or self._clock.now() >= found.until:
            return None
        return found.grant

    def _forget(self, now: int) -> None:
        while self._order:
            sha256, until = next(iter(self._order.items()))
            if now < until and len(self._order) < self._most:
                return
            del self._order[sha256]
            self._index.remove(sha256)
