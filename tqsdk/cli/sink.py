"""Where ``tq drain`` writes: lines that are safe when ``write`` returns, or not there at all."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import click

from tqsdk.disk import flush_entry


class Sink(Protocol):
    """Takes lines."""

    def write(self, line: bytes) -> None:
        """Write *line*, and return when it is where it belongs.

        Raises:
            OSError: It may not be there.
        """
        ...


class StandardOutput:
    """What the shell gave: a terminal, a pipe, or a file, which is flushed to the disk."""

    def __init__(self) -> None:
        self._stream = sys.stdout.buffer
        self._on_disk = _is_file(self._stream)

    def write(self, line: bytes) -> None:
        self._stream.write(line)
        self._stream.flush()
        if self._on_disk:
            os.fsync(self._stream.fileno())


class AppendedFile:
    """A file that only grows, by whole lines; each is on the disk before the next is begun."""

    def __init__(self, path: Path, stream: io.FileIO) -> None:
        self._path = path
        self._stream = stream
        self._on_disk = _is_file(stream)

    def write(self, line: bytes) -> None:
        end = self._stream.tell() if self._on_disk else 0
        try:
            self._write_all(line)
        except BaseException as error:
            if self._on_disk:
                self._stream.truncate(end)
            if isinstance(error, OSError):
                error.filename = self._path
            raise

    def _write_all(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[self._stream.write(rest) :]
        if self._on_disk:
            os.fsync(self._stream.fileno())


@contextmanager
def opened(path: Path | None) -> Generator[Sink]:
    """The file at *path*, made if it is not there, or standard output.

    Raises:
        ClickException: The file ends in the middle of a line.
    """
    if path is None:
        yield StandardOutput()
        return
    with io.FileIO(path, "a+") as stream:
        if _is_file(stream):
            _check_whole(path, stream)
            flush_entry(path)
        yield AppendedFile(path, stream)


def _check_whole(path: Path, stream: io.FileIO) -> None:
    if stream.seek(0, os.SEEK_END) == 0:
        return
    stream.seek(-1, os.SEEK_END)
    if stream.read(1) != b"\n":
        raise click.ClickException(
            f"{path} does not end with a line break: mend its last line, which may be cut off"
        )


def _is_file(stream: BinaryIO | io.FileIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except io.UnsupportedOperation:  # a stream in memory, in tests
        return False
