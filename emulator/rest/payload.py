"""Payloads as base64: strict and URL-safe in (RULINGS 10), URL-safe with padding out."""

from __future__ import annotations

import base64
import binascii

from emulator.rest import errors

_STANDARD = str.maketrans("+/", "-_", "\r\n")

# To the alphabet that Python decodes; "!" is in none, so what is not URL-safe is refused there.
_TO_PYTHON = bytes.maketrans(b"-_+/", b"+/!!")


def decode(text: str, *, standard: bool) -> bytes:
    """The bytes of a ``payloadBase64`` member.

    Padding may be missing, and bits beyond the last byte are dropped, as the live service did
    (trace T4).

    Args:
        text: What the client sent.
        standard: Whether ``+``, ``/`` and line breaks are accepted too.

    Raises:
        WireError: It is not base64 of the accepted alphabet.
    """
    letters = text.translate(_STANDARD) if standard else text
    bare = letters.encode("ascii", "replace").rstrip(b"=")
    padding = b"=" * (-len(bare) % 4)
    try:
        if len(letters) - len(bare) > 2:
            raise binascii.Error("too much padding")
        return binascii.a2b_base64(bare.translate(_TO_PYTHON) + padding, strict_mode=True)
    except binascii.Error as error:
        hint = not standard and _is_standard(text)
        raise errors.invalid_payload(standard_alphabet=hint) from error


def encode(payload: bytes) -> str:
    """URL-safe base64 with padding, on one line."""
    return base64.urlsafe_b64encode(payload).decode("ascii")


def _is_standard(text: str) -> bool:
    try:
        decode(text, standard=True)
    except errors.WireError:
        return False
    return True
