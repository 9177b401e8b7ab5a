"""Payloads as base64: strict and URL-safe in (RULINGS 10), URL-safe with padding out."""

from __future__ import annotations

import base64
import binascii

from emulator.rest import errors

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD = str.maketrans("+/", "-_", "\r\n")


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
    bare = letters.rstrip("=")
    if len(letters) - len(bare) > 2 or len(bare) % 4 == 1 or not _is_url_safe(bare):
        raise errors.invalid_payload(standard_alphabet=not standard and _is_standard(text))
    return binascii.a2b_base64(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4))


def encode(payload: bytes) -> str:
    """URL-safe base64 with padding, on one line."""
    return base64.urlsafe_b64encode(payload).decode("ascii")


def _is_standard(text: str) -> bool:
    try:
        decode(text, standard=True)
    except errors.WireError:
        return False
    return True


def _is_url_safe(text: str) -> bool:
    return text.isascii() and not text.encode("ascii").translate(None, _ALPHABET)
