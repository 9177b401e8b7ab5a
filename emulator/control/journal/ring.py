"""Pieces of bytes, the last ones of many, in one buffer that is used again and again.

Each in memory of its own would be where the oldest was given back, which no cache holds any more;
that costs a request more than to write it down here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

_T = TypeVar("_T")

_BYTES_AT_FIRST = 64 << 10


class Ring(Generic[_T]):
    """The last pieces, each with something beside it; the oldest make room."""

    def __init__(self, *, most: int, most_bytes: int) -> None:
        """Make an empty ring.

        Args:
            most: How many pieces are kept.
            most_bytes: Of all pieces together; no piece may have more.
        """
        self._most_bytes = most_bytes
        self._pieces: deque[tuple[int, int, _T]] = deque(maxlen=most)  # start, end, what is beside
        self._buffer = memoryview(b"")
        self._end = 0
        self._free_until = 0  # from the end of the last piece on
        self._use(min(_BYTES_AT_FIRST, most_bytes))

    def __len__(self) -> int:
        return len(self._pieces)

    def append(self, piece: bytes | bytearray, beside: _T) -> None:
        """Keep a copy of *piece*, with *beside* as it is."""
        start = self._end
        end = start + len(piece)
        if end > self._free_until:
            start = self._find_room(len(piece))
            end = start + len(piece)
        self._buffer[start:end] = piece
        self._pieces.append((start, end, beside))
        self._end = end

    def slice(self, start: int, stop: int | None = None) -> Iterator[tuple[bytes, _T]]:
        """The pieces from the *start*-th oldest to the one before the *stop*-th."""
        for first, end, beside in islice(self._pieces, start, stop):
            yield bytes(self._buffer[first:end]), beside

    def resize(self, most: int) -> None:
        """Keep *most* pieces from now on."""
        self._pieces = deque(self._pieces, maxlen=most)

    def _find_room(self, size: int) -> int:
        """Where *size* bytes are free: after the last piece, or where the buffer begins."""
        while True:
            for start, end in self._gaps():
                if start + size <= end:
                    self._free_until = end
                    return start
            if len(self._buffer) < self._most_bytes:
                self._grow()
            else:
                self._pieces.popleft()

    def _gaps(self) -> list[tuple[int, int]]:
        """From where to where nothing is."""
        if not self._pieces:
            return [(0, len(self._buffer))]
        oldest = self._pieces[0][0]
        if self._end <= oldest:  # the pieces go over the end of the buffer
            return [(self._end, oldest)]
        return [(self._end, len(self._buffer)), (0, oldest)]

    def _grow(self) -> None:
        pieces = list(self.slice(0))
        self._pieces.clear()
        self._use(min(2 * len(self._buffer), self._most_bytes))
        for piece, beside in pieces:
            self.append(piece, beside)

    def _use(self, size: int) -> None:
        """Begin a buffer of *size* bytes."""
        self._buffer = memoryview(bytearray(size))
        self._end = 0
        self._free_until = size
