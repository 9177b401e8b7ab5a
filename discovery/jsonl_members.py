"""The members of one line of an export: each taken once and checked, none left over.

A check takes a member's name and value; it returns the value, or raises LineError.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from difflib import get_close_matches
from reprlib import repr as shortened
from typing import TypeVar, cast

T = TypeVar("T")

_INT32_MAX = 2**31 - 1
_INT64_MAX = 2**63 - 1

_UNUSABLE = re.compile("[\0\ud800-\udfff]")

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


class LineError(ValueError):
    """A line that says what none can; the message is what is wrong, and what would be right."""


class Members:
    """The members of one line, to be taken one by one. Null is absent."""

    def __init__(
        self, members: dict[str, object], *, project: str | None = None, queue: str | None = None
    ) -> None:
        """Take *members* over; *project* and *queue* are for lines that do not say theirs."""
        self._left = members
        self._project = project
        self._queue = queue
        self._known: list[str] = []

    def take(self, name: str, check: Callable[[str, object], T]) -> T:
        """The member *name*.

        Raises:
            LineError: It is missing or wrong.
        """
        taken = self.maybe(name, check)
        if taken is None:
            raise LineError(f"{name} is missing")
        return taken

    def maybe(self, name: str, check: Callable[[str, object], T]) -> T | None:
        """The member *name*; None where it is not there."""
        self._known.append(name)
        value = self._left.pop(name, None)
        return None if value is None else check(name, value)

    def place(self) -> tuple[str, str]:
        """The project and the queue.

        Raises:
            LineError: One of them is wrong, or is said nowhere.
        """
        of_project = self.maybe("project", project) or self._project
        of_queue = self.maybe("queue", queue) or self._queue
        if of_project is None or of_queue is None:
            missing = "project" if of_project is None else "queue"
            raise LineError(f"{missing} is missing, here and in the first line")
        return of_project, of_queue

    def end(self) -> None:
        """Refuse what has not been taken.

        Raises:
            LineError: A member is none of such a line.
        """
        for name in self._left:
            meant = get_close_matches(name, self._known, 1) or [", ".join(self._known)]
            raise LineError(f"{shortened(name)} is no member of such a line; known is {meant[0]}")


def text(name: str, value: object) -> str:
    """A text that can be stored anywhere."""
    if not isinstance(value, str):
        raise LineError(f"{name} is {shortened(value)}, and must be a text")
    if (not value.isascii() or "\0" in value) and _UNUSABLE.search(value):
        raise LineError(f"{name} has a NUL or half of a surrogate pair, which no text may have")
    return value


def base64(name: str, value: object) -> bytes:
    """Bytes, in base64 of either alphabet, with padding or without."""
    digits = text(name, value).rstrip("=").encode().translate(_TO_STANDARD)
    try:
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4), strict_mode=True)
    except binascii.Error as error:
        raise LineError(f"{name} is no base64: {error}") from error


def flag(name: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise LineError(f"{name} is {shortened(value)}, and must be true or false")
    return value


def number(name: str, value: object) -> int:
    """A time, or how many there are of something."""
    return _within(_INT64_MAX, name, value)


def retry_count(name: str, value: object) -> int:
    """How many leases a task has had."""
    return _within(_INT32_MAX, name, value)


def second(name: str, value: object) -> int:
    """Seconds that are a time in microseconds, too."""
    return _within(_INT64_MAX // 1_000_000, name, value)


def factor(name: str, value: object) -> float:
    """How much faster one clock goes than another."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
        raise LineError(f"{name} is {shortened(value)}, and must be a number from 0 to 1000000")
    return float(value)


def leased(name: str, value: object) -> tuple[tuple[str, int], ...]:
    """The tasks of a lease: name and retry count of each."""
    if not isinstance(value, list):
        raise LineError(f"{name} is {shortened(value)}, and must be an array")
    return tuple(_pair(name, each) for each in cast("list[object]", value))


def _pair(name: str, value: object) -> tuple[str, int]:
    pair = cast("list[object]", value if isinstance(value, list) else [])
    if len(pair) != 2:
        raise LineError(f"{name} must have pairs, [name, retry count], and no others")
    return task_name(name, pair[0]), retry_count(name, pair[1])


def _within(most: int, name: str, value: object) -> int:
    # True is an int to Python, but none in JSON.
    if type(value) is not int or not 0 <= value <= most:
        raise LineError(f"{name} is {shortened(value)}, and must be an integer from 0 to {most}")
    return value


def _matching(pattern: str, words: str) -> Callable[[str, object], str]:
    matches = re.compile(pattern).fullmatch

    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or not matches(value):
            raise LineError(f"{name} is {shortened(value)}, and must be {words}")
        return value

    return check


project = _matching(
    r"[a-z0-9.:-]{1,100}",
    "1 to 100 lower-case letters, digits, hyphens, dots or colons, without 's~' before it",
)
queue = _matching(r"[a-zA-Z0-9-]{1,100}", "1 to 100 letters, digits or hyphens")
task_name = _matching(r"[a-zA-Z0-9_-]{1,500}", "1 to 500 letters, digits, underscores or hyphens")
attempt_id = _matching(r"[a-zA-Z0-9_-]{1,128}", "1 to 128 letters, digits, underscores or hyphens")
digest = _matching(r"[0-9a-f]{64}", "64 hexadecimal digits in lower case")
