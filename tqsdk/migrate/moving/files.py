"""JSON Lines files, plain or compressed: a source, a target, and what ``verify`` reads.

docs/export-format.md describes them. A target that was killed is cut back to where it was when its
last batch was put, so that no line is there twice or in half.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from discovery.jsonl import Header, JsonlError, Line, Speller, TaskLine, read
from tqsdk.clock import Clock
from tqsdk.disk import flush_entry
from tqsdk.migrate.moving.model import (
    MOST_BATCH_BYTES,
    STORED,
    Batch,
    MissingLibraryError,
    MoveError,
    Outcome,
    Record,
    few,
)
from tqsdk.version import __version__

_CHUNK_BYTES = 1 << 20


def path_of(address: str) -> Path:
    """The file of ``file:PATH``, or of a PATH alone."""
    return Path(address.removeprefix("file:"))


class FileSource:
    """The tasks in a file.

    Args:
        path: Read to its end before anything is moved, so that half a file is not begun.
        batch: Tasks in one batch.
        batch_bytes: Of their payloads, about.
        is_checked: Whether an earlier run has done that.

    Raises:
        MoveError: It is no such file, or not a whole one.
    """

    def __init__(
        self,
        path: Path,
        *,
        batch: int,
        batch_bytes: int = MOST_BATCH_BYTES,
        is_checked: bool = False,
    ) -> None:
        self._path = path
        self._batch = batch
        self._batch_bytes = batch_bytes
        self._tasks: int | None = None
        self._others = 0
        if not is_checked:
            self._check()

    def batches(self, after: str | None) -> Iterator[Batch]:
        """See ``Source``: places are numbers of tasks."""
        done = sum(_numbers(after)) if after is not None else 0
        with opened(self._path) as records:
            records = islice(records, done, None)
            while batch := list(few(records, self._batch, self._batch_bytes)):
                yield Batch(batch, f"{done}+{len(batch)}")
                done += len(batch)

    def again(self, place: str) -> Batch:
        begin, count = _numbers(place)
        with opened(self._path) as records:
            return Batch(list(islice(records, begin, begin + count)), place)

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        """The file stays as it is."""

    def finish(self) -> str | None:
        if not self._others:
            return None
        return f"{self._others:,} lines that are no tasks, but tombstones or the like, stay behind"

    def total(self) -> int | None:
        return self._tasks

    def preview(self) -> Iterator[Record]:
        with opened(self._path) as records:
            yield from records

    def close(self) -> None:
        """Nothing is open between batches."""

    def _check(self) -> None:
        with _reading(self._path) as lines:
            kinds = Counter(isinstance(line, TaskLine) for line in lines)
        self._tasks, self._others = kinds[True], kinds[False]


class FileTarget:
    """A new file.

    Args:
        path: Compressed if it ends in ``.zst``.
        clock: Says when it was written.

    Raises:
        MissingLibraryError: What compresses is not installed.
    """

    knows_names = False

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._squeeze = _compressor() if _is_compressed(path) else bytes
        self._file: io.FileIO | None = None
        self._speller: Speller | None = None

    def refusal(self, record: Record) -> str | None:
        return None

    def resume(self, mark: str | None) -> None:
        """See ``Target``: marks are sizes of the file.

        Raises:
            MoveError: There is a file already, and it is none that was begun; or less of it.
        """
        if mark is None and self._path.exists():
            raise MoveError(
                f"{self._path} is there already, and the ledger of its export is not: give the"
                " ledger with --ledger, or another name for the file"
            )
        if not mark:
            self._path.unlink(missing_ok=True)
            return
        size = int(mark)
        if not self._path.exists() or self._path.stat().st_size < size:
            raise MoveError(f"{self._path} is shorter than it was when the ledger was written")
        self._file = io.FileIO(self._path, "r+")
        self._file.truncate(size)
        self._file.seek(size)
        self._speller = self._spelled_before()

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        spelled = self._begun()
        speller = self._speller
        assert speller is not None
        self._write(spelled + b"".join(speller.line(record) for record in records))
        return [STORED] * len(records)

    def mark(self) -> str:
        return str(self._file.tell()) if self._file is not None else ""

    def finish(self) -> None:
        spelled = self._begun()
        assert self._speller is not None
        self._write(spelled + self._speller.last())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _begun(self) -> bytes:
        """The first line, if there is none yet; then the file is made, too."""
        if self._speller is not None:
            return b""
        self._file = io.FileIO(self._path, "x")
        flush_entry(self._path)
        now = round(self._clock.now().timestamp() * 1_000_000)
        self._speller = Speller(Header(written_at=now, written_by=f"tq {__version__}"))
        return self._speller.first()

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        rest = memoryview(self._squeeze(data))
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())

    def _spelled_before(self) -> Speller:
        speller = Speller(Header())
        with _bytes_of(self._path) as lines:
            for number, raw in enumerate(iter(lines.readline, b"")):
                speller.take(raw, TaskLine if number else None)
        return speller


@contextmanager
def opened(path: Path) -> Generator[Iterator[Record]]:
    """The tasks of a file, each with a name: that in the file, or one made from its line.

    Raises:
        MoveError: Also from the iterator: it is no such file, or not a whole one.
    """
    with _reading(path) as lines:
        tasks = (line for line in lines if isinstance(line, TaskLine))
        yield (_named(task, number) for number, task in enumerate(tasks, 1))


@contextmanager
def _reading(path: Path) -> Generator[Iterator[Line]]:
    try:
        with _bytes_of(path) as file:
            yield read(file)[1]
    except JsonlError as error:
        raise MoveError(f"{path}: {error}") from error


def _named(task: TaskLine, number: int) -> TaskLine:
    """The same name each time that the file is read, so that it can be moved twice."""
    if task.name is not None:
        return task
    parts = (task.project, task.queue, task.tag, str(task.eta), str(number))
    digest = hashlib.sha256(json.dumps(parts).encode() + task.payload)
    return replace(task, name=f"line-{number}-{digest.hexdigest()[:32]}")


def _numbers(place: str) -> tuple[int, int]:
    begin, _, count = place.partition("+")
    return int(begin), int(count)


def _is_compressed(path: Path) -> bool:
    return path.suffix == ".zst"


@contextmanager
def _bytes_of(path: Path) -> Generator[BinaryIO]:
    with path.open("rb") as file:
        if not _is_compressed(path):
            yield file
            return
        library = _zstandard()
        with library.ZstdDecompressor().stream_reader(file, read_across_frames=True) as plain:
            try:
                yield cast(BinaryIO, io.BufferedReader(plain, _CHUNK_BYTES))
            except library.ZstdError as error:
                raise MoveError(f"{path}: {error}") from error


def _compressor() -> Any:
    """Compresses what is written at once on its own, so that a file can be cut back to a batch."""
    return _zstandard().ZstdCompressor().compress


def _zstandard() -> Any:
    try:
        import zstandard
    except ModuleNotFoundError as error:
        raise MissingLibraryError("zstandard", "migrate") from error
    return zstandard
