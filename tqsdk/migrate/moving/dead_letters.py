"""What a target refuses, in a file that ``tq migrate import`` reads.

It is an export without a last line, so that it can grow. A line that was cut off is taken away.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

from discovery.jsonl import Header, Speller
from tqsdk.clock import Watch
from tqsdk.migrate.moving.model import Record
from tqsdk.version import __version__

_CHUNK_BYTES = 1 << 20


class DeadLetters:
    """Grows.

    Args:
        path: Made with its first line; never made if nothing is refused.
        clock: Dates the file.
    """

    def __init__(self, path: Path, *, clock: Watch) -> None:
        self.path = path
        self._clock = clock

    def add(self, records: Sequence[Record]) -> None:
        """Have *records* on the disk. After a kill some may be there twice."""
        with io.FileIO(self.path, "a+") as file:
            _cut_to_a_line(file)
            now = round(self._clock.now().timestamp() * 1_000_000)
            speller = Speller(Header(written_at=now, written_by=f"tq {__version__}", trailer=False))
            first = speller.first()
            data = b"".join(speller.line(record) for record in records)
            rest = memoryview(data if file.tell() else first + data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())


def _cut_to_a_line(file: io.FileIO) -> None:
    end = whole = file.seek(0, os.SEEK_END)
    while end:
        begin = max(end - _CHUNK_BYTES, 0)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            whole = begin + found + 1
            break
        end = whole = begin
    file.truncate(whole)
    file.seek(whole)
