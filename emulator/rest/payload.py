"""Payloads as base64: strict and URL-safe in (RULINGS 10), URL-safe with padding out."""

from __future__ import annotations

import binascii

import pybase64

from emulator.rest import errors

_STANDARD = str.maketrans("+/", "-_", "\r\n")

_URL_SAFE = b"-_"


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
    padding = "=" * (-len(bare) % 4)
    try:
        if len(letters) - len(bare) > 2:
            raise binascii.Error("too much padding")
        # The library accepts the standard alphabet beside the other one.
        if "+" in bare or "/" in bare:
            raise binascii.Error("not the URL-safe alphabet")
        return pybase64.b64decode(bare + padding, _URL_SAFE, validate=True)
    except (binascii.Error, ValueError) as error:  # ValueError: what is not ASCII
        hint = not standard and _is_standard(text)
        raise errors.invalid_payload(standard_alphabet=hint) from error


def encode(payload: bytes) -> str:
    """URL-safe base64 with padding, on one line."""
    return pybase64.b64encode_as_string(payload, _URL_SAFE)


def _is_standard(text: str) -> bool:
    try:
        decode(text, standard=True)
    except errors.WireError:
        return False
    return True
