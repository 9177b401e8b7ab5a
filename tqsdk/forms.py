"""Payloads that are the parameters of a form, as App Engine's ``Task(params=...)`` stored them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode


def encode(values: Mapping[str, str | Sequence[str]]) -> bytes:
    """Spell *values*; a name with several values is repeated."""
    return urlencode(values, doseq=True).encode("ascii")


def decode(payload: bytes) -> dict[str, str | list[str]]:
    """What App Engine's ``Task.extract_params`` gave: a list only where a name is repeated.

    Raises:
        ValueError: It is not a form.
    """
    if not payload:
        return {}
    pairs = parse_qsl(
        payload.decode(), keep_blank_values=True, strict_parsing=True, errors="strict"
    )
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}
