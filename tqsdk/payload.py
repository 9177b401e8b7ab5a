"""Payloads as the wire spells them: URL-safe base64.

The rule: strict in what is sent (URL-safe alphabet, padded, one line), tolerant in what is read.
Python's own decoder cannot be trusted with the other alphabet: unless it is told to be strict it
drops the characters it does not know, and gives wrong bytes instead of an error. The functions of
``base64`` do the same as is done here, in twice the time.
"""

from __future__ import annotations

import binascii

from tqsdk.errors import PayloadDecodeError

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_GAPS = b" \t\r\n"


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
    digits = binascii.b2a_base64(as_bytes(payload), newline=False)
    return digits.translate(_TO_URL_SAFE).decode("ascii")


def decode(text: str) -> bytes:
    """Read a payload in either alphabet, or both, with or without padding and line breaks.

    Raises:
        PayloadDecodeError: It is not base64 of any kind.
    """
    try:
        digits = text.encode("ascii").translate(_TO_STANDARD, _GAPS).rstrip(b"=")
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4), strict_mode=True)
    except ValueError as error:  # binascii.Error is one
        raise PayloadDecodeError(f"the payload is not base64: {error}") from error
