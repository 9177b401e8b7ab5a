"""What is kept of requests and their answers, with as little work as can be.

Bounded twice: by the number of entries, and by their bytes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from msgspec.structs import replace

from emulator.control.journal.entry import Entry, pack, unpack
from emulator.rest.messages import Request, Response

MOST_ENTRIES = 1_000_000

MOST_BYTES = 32 << 20
"""Of all entries together; the oldest make room."""

MOST_BYTES_OF_ENTRY = MOST_BYTES // 8
"""An entry with more is kept without its bodies, so that it does not drive out the others."""

_NOT_KEPT = MOST_BYTES_OF_ENTRY + 1

_NOT_READ = "the request's body was larger than the server reads"
_TOO_LARGE = "the bodies were too large to keep"
_IN_PARTS = "a batch: its parts are entries of their own"


@dataclass(frozen=True, slots=True)
class News:
    """What came after an entry.

    Attributes:
        entries: In order.
        lost: How many came before these and are kept no more.
    """

    entries: Sequence[Entry]
    lost: int


class Journal:
    """The last entries. Threads may record and read at the same time."""

    def __init__(self, *, size: int) -> None:
        """Make an empty journal.

        Args:
            size: How many entries are kept at most; 0 records nothing.
        """
        self._size = size
        self._packed: deque[bytes] = deque()
        self._opened: dict[int, Entry] = {}  # those that somebody has looked at
        self._sequence = 0
        self._bytes = 0
        # The lock itself is taken faster than through the condition.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._listeners = 0

    @property
    def size(self) -> int:
        """How many entries are kept at most."""
        return self._size

    @property
    def last(self) -> int:
        """The number of the last entry that there was; 0 if there was none."""
        return self._sequence

    def record(self, request: Request, response: Response, at: int) -> None:
        """Keep *request*, answered *at* that time."""
        if not self._size:
            return
        body = request.body
        size = _NOT_KEPT if body is None else len(body) + len(response.body)
        note = None
        if size > MOST_BYTES_OF_ENTRY or request.path.startswith("/batch"):
            note = _why_without_bodies(request, response)
        if note is not None:
            request, response = replace(request, body=b""), replace(response, body=b"")
        packed = pack(at, request, response, note)
        with self._lock:
            self._sequence += 1
            self._packed.append(packed)
            self._bytes += len(packed)
            if len(self._packed) > self._size or self._bytes > MOST_BYTES:
                self._make_room()
            if self._listeners:
                self._changed.notify_all()

    def entries(self) -> list[Entry]:
        """All that are kept, the earliest first."""
        with self._lock:
            first, packed = self._first, list(self._packed)
        entries = self._unpacked(first, packed)
        self._opened = {each.sequence: each for each in entries}
        return entries

    def news(self, after: int, *, most: int, seconds: float) -> News:
        """The first *most* entries after the one with the number *after*.

        Args:
            after: Its number.
            most: How many.
            seconds: How long to wait for one if there is none.
        """
        with self._lock:
            self._listeners += 1
            try:
                self._changed.wait_for(lambda: self._sequence > after, seconds)
            finally:
                self._listeners -= 1
            first = self._first
            start = max(0, after + 1 - first)
            packed = list(islice(self._packed, start, start + most))
        return News(self._unpacked(first + start, packed), max(0, first - after - 1))

    def clear(self) -> None:
        """Forget all entries. Their numbers are not given again."""
        with self._lock:
            self._packed.clear()
            self._opened = {}
            self._bytes = 0

    def resize(self, size: int) -> None:
        """Keep *size* entries at most from now on; 0 records nothing."""
        with self._lock:
            self._size = size
            self._opened = {}
            self._make_room()

    @property
    def _first(self) -> int:
        """The number of the earliest that is kept: they have consecutive ones."""
        return self._sequence - len(self._packed) + 1

    def _unpacked(self, first: int, packed: Sequence[bytes]) -> list[Entry]:
        opened = self._opened
        return [
            opened.get(number) or unpack(number, each) for number, each in enumerate(packed, first)
        ]

    def _make_room(self) -> None:
        while len(self._packed) > self._size or self._bytes > MOST_BYTES:
            self._bytes -= len(self._packed.popleft())


def _why_without_bodies(request: Request, response: Response) -> str | None:
    """Why the bodies are not kept, if they are not."""
    if request.body is None:
        return _NOT_READ
    if len(request.body) + len(response.body) > MOST_BYTES_OF_ENTRY:
        return _TOO_LARGE
    # One that was refused has no parts.
    if response.status == 200 and request.path.startswith("/batch"):
        return _IN_PARTS
    return None
