"""How an instant is spelled for people and in queries: RFC 3339, or microseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Fewer forms than datetime knows, which takes dates without a time and times without a zone.
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
_MICROSECONDS = re.compile(r"[0-9]{1,18}")


def rfc3339(microseconds: int) -> str:
    """An instant as in ``2027-01-15T08:00:00.000000Z``; *microseconds* since 1970."""
    instant = _EPOCH + microseconds * _MICROSECOND
    # strftime would write years before 1000 with fewer digits.
    return f"{instant.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def instant(text: str) -> int:
    """The microseconds since 1970 of what *text* says; beyond microseconds it is cut.

    Raises:
        ValueError: It is no instant.
    """
    if _MICROSECONDS.fullmatch(text):
        return int(text)
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no instant")
    date_and_time, fraction, zone = found.groups()
    moment = datetime.fromisoformat(f"{date_and_time}{zone}".upper())
    return (moment - _EPOCH) // _MICROSECOND + int((fraction or "").ljust(6, "0")[:6])
