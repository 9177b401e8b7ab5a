"""How far long work is, for whoever waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from discovery.jsonl import Lines

_SECONDS = 2.0


class Progress:
    """Says how far long work is, every two seconds; less says nothing on its way.

    Attributes:
        count: How much is done.
    """

    def __init__(
        self,
        doing: str,
        unit: str,
        *,
        say: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            doing: What is done to what is counted: ``exported``.
            unit: What is counted: ``lines``.
            say: Takes a line for people.
            now: Seconds from some instant on.
        """
        self.count = 0
        self._doing = doing
        self._unit = unit
        self._say = say
        self._now = now
        self._began = self._said = now()

    def over(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """*lines*, counted as they go by."""
        for line in lines:
            self.tell(self.count + 1)
            yield line

    def tell(self, count: int, total: int | None = None) -> None:
        """So much is done, of so much."""
        self.count = count
        now = self._now()
        if now - self._said < _SECONDS:
            return
        self._said = now
        of = "" if total is None else f" of {total:,}"
        rate = count / (now - self._began)
        self._say(f"{self._doing} {count:,}{of} {self._unit}, {rate:,.0f} a second")


@contextmanager
def watched(path: Path, progress: Progress) -> Iterator[Lines]:
    """The file *path*, whose lines are counted as they are read."""
    with path.open("rb") as file:
        yield _Watched(file, progress)


class _Watched:
    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def readline(self, size: int, /) -> bytes:
        line = self._file.readline(size)
        if line:
            self._progress.tell(self._progress.count + 1)
        return line
