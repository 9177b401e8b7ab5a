"""What the service is documented to accept, checked before anything is sent.

Names, signs and time zones are always checked: no server takes a bad one. Sizes are checked against
``Limits``, because servers with other limits exist; ``Limits.none()`` leaves sizes to the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tqsdk import names
from tqsdk.errors import ArgumentError
from tqsdk.payload import as_bytes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest values that may be sent; None for no limit.

    Attributes:
        payload_bytes: Size of a payload, before base64.
        tag_bytes: Size of a tag in UTF-8.
        lease_tasks: Tasks in one lease call.
        lease_seconds: Length of a lease, new or renewed.
        eta_ahead: How far in the future an ETA may lie.
    """

    payload_bytes: int | None = 2**20
    tag_bytes: int | None = 500
    lease_tasks: int | None = 1000
    lease_seconds: int | None = 7 * 24 * 60 * 60
    eta_ahead: timedelta | None = timedelta(days=30)

    @classmethod
    def none(cls) -> Limits:
        """No limits of size: whatever the server says."""
        return cls(
            payload_bytes=None,
            tag_bytes=None,
            lease_tasks=None,
            lease_seconds=None,
            eta_ahead=None,
        )

    def payload(self, payload: bytes | str) -> bytes:
        try:
            data = as_bytes(payload)
        except UnicodeEncodeError as error:
            raise ArgumentError("payload", "is text that UTF-8 cannot spell") from error
        _at_most("payload", len(data), self.payload_bytes, "bytes")
        return data

    def tag(self, tag: str | None) -> str | None:
        """The tag to send; None for ``""``, which the server does not tell from no tag."""
        if not tag:
            return None
        try:
            size = len(tag.encode())
        except UnicodeEncodeError as error:
            raise ArgumentError("tag", "is text that UTF-8 cannot spell") from error
        _at_most("tag", size, self.tag_bytes, "bytes of UTF-8")
        return tag

    def count(self, max_tasks: int) -> int:
        if max_tasks < 1:
            raise ArgumentError("max_tasks", "must be at least 1")
        _at_most("max_tasks", max_tasks, self.lease_tasks, "tasks")
        return max_tasks

    def seconds(self, seconds: float | timedelta) -> int:
        """A lease's length in whole seconds, the only unit that the wire has."""
        length = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        if length != length or length < 0:
            raise ArgumentError("seconds", "must be 0 or more")
        _at_most("seconds", length, self.lease_seconds, "seconds")
        if length != length // 1:
            raise ArgumentError("seconds", "must be whole: the API leases by the second")
        return int(length)

    def eta(self, eta: datetime | timedelta, now: datetime) -> int:
        """An ETA in microseconds since 1970, always above 0, which on the wire means *at once*."""
        if isinstance(eta, timedelta):
            eta = now + eta
        if eta.tzinfo is None:
            raise ArgumentError("eta", "has no time zone: add tzinfo=timezone.utc, or whichever")
        if self.eta_ahead is not None and eta > now + self.eta_ahead:
            raise ArgumentError("eta", f"is more than {self.eta_ahead.days} days ahead")
        microseconds = (eta - _EPOCH) // _MICROSECOND
        if microseconds < 1:
            raise ArgumentError("eta", "must lie after 1970")
        return microseconds


def lasting(limits: Limits, seconds: float | timedelta) -> int:
    """The length of a lease that is to last until its task is done."""
    whole_seconds = limits.seconds(seconds)
    if whole_seconds < 1:
        raise ArgumentError("seconds", "must be at least 1 here: shorter leases end on their way")
    return whole_seconds


def task_name(name: str) -> str:
    if not names.is_task_name(name):
        raise ArgumentError("name", "must be 1 to 500 of the characters a-z A-Z 0-9 _ -")
    return name


def queue_name(name: str) -> str:
    if not names.is_queue_name(name):
        raise ArgumentError("queue", "must be 1 to 100 of the characters a-z A-Z 0-9 -")
    return name


def _at_most(argument: str, value: float, limit: int | None, unit: str) -> None:
    if limit is not None and value > limit:
        raise ArgumentError(argument, f"is {value:,} {unit}; the service takes at most {limit:,}")
