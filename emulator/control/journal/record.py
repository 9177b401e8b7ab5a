"""What is kept of requests and their answers, with as little work as can be.

Bounded twice: by the number of entries, and by their bytes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from emulator.control.journal.entry import Entry, Packer, unpack
from emulator.control.journal.ring import Ring
from emulator.rest.messages import Headers, Request, Response

MOST_ENTRIES = 1_000_000

MOST_BYTES = 32 << 20
"""Of all entries together, but for the headers of answers; the oldest make room."""

MOST_BYTES_OF_ENTRY = MOST_BYTES // 8
"""An entry with more is kept without its bodies, so that it does not drive out the others."""

# All but the first of so many find what packs them in the processor's caches.
_PACKED_AT_ONCE = 16

_USUAL_BYTES = 64 << 10  # bodies with more do not wait for others

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
        self._packer = Packer()
        # Put in without the lock, and taken out with it.
        self._waiting: deque[tuple[int, Request, Response, str | None]] = deque()
        self._kept = self._nothing()
        self._opened: dict[int, Entry] = {}  # those that somebody has looked at
        self._sequence = 0
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
        with self._lock:
            self._pack_what_waits()
            return self._sequence

    def record(self, request: Request, response: Response, at: int) -> None:
        """Keep *request*, answered *at* that time."""
        if not self._size:
            return
        body, note = request.body, None
        usual = (
            body is not None
            and len(body) + len(response.body) <= _USUAL_BYTES
            and not request.path.startswith("/batch")
        )
        if not usual and (note := _why_without_bodies(request, response)) is not None:
            request, response = replace(request, body=b""), replace(response, body=b"")
        self._waiting.append((at, request, response, note))
        if len(self._waiting) >= _PACKED_AT_ONCE or self._listeners or not usual:
            with self._lock:
                self._pack_what_waits()

    def entries(self) -> list[Entry]:
        """All that are kept, the earliest first."""
        with self._lock:
            self._pack_what_waits()
            first, kept = self._first, list(self._kept.slice(0))
        entries = self._unpacked(first, kept)
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
            # First, so that what comes after the packing is told to the listener.
            self._listeners += 1
            try:
                self._pack_what_waits()
                self._changed.wait_for(lambda: self._sequence > after, seconds)
            finally:
                self._listeners -= 1
            first = self._first
            start = max(0, after + 1 - first)
            kept = list(self._kept.slice(start, start + most))
        return News(self._unpacked(first + start, kept), max(0, first - after - 1))

    def clear(self) -> None:
        """Forget all entries. Their numbers are not given again."""
        with self._lock:
            self._pack_what_waits()
            self._kept = self._nothing()
            self._opened = {}

    def resize(self, size: int) -> None:
        """Keep *size* entries at most from now on; 0 records nothing."""
        with self._lock:
            self._size = size
            self._opened = {}
            self._pack_what_waits()
            self._kept.resize(size)

    def _pack_what_waits(self) -> None:
        waiting, pack, keep = self._waiting, self._packer.pack, self._kept.append
        while waiting:
            at, request, response, note = waiting.popleft()
            keep(pack(at, request, response, note), response.headers)
            self._sequence += 1
        if self._listeners:
            self._changed.notify_all()

    def _nothing(self) -> Ring[Headers]:
        """Room for entries, packed, each with the headers of its answer beside it."""
        return Ring(most=self._size, most_bytes=MOST_BYTES)

    @property
    def _first(self) -> int:
        """The number of the earliest that is kept: they have consecutive ones."""
        return self._sequence - len(self._kept) + 1

    def _unpacked(self, first: int, kept: Iterable[tuple[bytes, Headers]]) -> list[Entry]:
        opened = self._opened
        return [
            opened.get(number) or unpack(number, packed, headers)
            for number, (packed, headers) in enumerate(kept, first)
        ]


def _why_without_bodies(request: Request, response: Response) -> str | None:
    """Why the bodies are not kept, if they are not."""
    if request.body is None:
        return _NOT_READ
    if len(request.body) + len(response.body) > MOST_BYTES_OF_ENTRY:
        return _TOO_LARGE
    # One that was refused has no parts.
    if request.path.startswith("/batch") and response.status == 200:
        return _IN_PARTS
    return None
