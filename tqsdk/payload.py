"""Payloads as the wire spells them: URL-safe base64.

The rule: strict in what is sent (URL-safe alphabet, padded, one line), tolerant in what is read.
Python's own decoder cannot be trusted with the other alphabet: without ``validate`` it drops the
characters it does not know, and gives wrong bytes instead of an error.
"""

from __future__ import annotations

import base64
import binascii

from tqsdk.errors import PayloadDecodeError

_TO_STANDARD = str.maketrans("-_", "+/", " \t\r\n")


def as_bytes(payload: bytes | str) -> bytes:
    """The bytes that *payload* stands for; text as UTF-8.

    Raises:
        TypeError: It is neither bytes nor text.
        UnicodeEncodeError: The text has a lone surrogate.
    """
    if isinstance(payload, str):
        return payload.encode()
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    raise TypeError(f"a payload is bytes or str, not {type(payload).__name__}")


def encode(payload: bytes | str) -> str:
    """Spell *payload* for the wire."""
    return base64.urlsafe_b64encode(as_bytes(payload)).decode("ascii")


def decode(text: str) -> bytes:
    """Read a payload in either alphabet, or both, with or without padding and line breaks.

    Raises:
        PayloadDecodeError: It is not base64 of any kind.
    """
    digits = text.translate(_TO_STANDARD).rstrip("=")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PayloadDecodeError(f"the payload is not base64: {error}") from error
