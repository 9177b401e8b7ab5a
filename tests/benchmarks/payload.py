"""What every peer is given to keep, as its own clients would send it."""

from __future__ import annotations

import base64
import random
from functools import cache

PAYLOAD_BYTES = 1024


@cache
def payload(size: int = PAYLOAD_BYTES) -> bytes:
    """*size* bytes, always the same, from which nothing gains by compressing them."""
    return random.Random(size).randbytes(size)


def text(size: int = PAYLOAD_BYTES) -> str:
    """The payload in base64, for peers whose clients send it so."""
    return base64.b64encode(payload(size)).decode()


def url_safe_text(size: int = PAYLOAD_BYTES) -> str:
    """The payload in the base64 that our API asks for."""
    return base64.urlsafe_b64encode(payload(size)).decode()
