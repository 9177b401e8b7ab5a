"""Where a server keeps its snapshots: files under names, in a folder or in memory."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from emulator.files import rewritten

_NAME = re.compile(r"[a-zA-Z0-9._-]{1,100}")
_SUFFIX = ".jsonl"


class SnapshotNotFoundError(KeyError):
    """There is no snapshot of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def is_snapshot_name(text: str) -> bool:
    """Whether *text* can name a snapshot: 1 to 100 letters, digits, dots, hyphens, underscores."""
    return _NAME.fullmatch(text) is not None


class Shelf(Protocol):
    """Files under names that are snapshot names; any thread may use it."""

    def names(self) -> list[str]:
        """Those that are there, in the order of their bytes."""
        ...

    def write(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file that is there under *name*, whole, when the block ends, and not before."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The file *name*, to be read and sought in.

        Raises:
            SnapshotNotFoundError: There is none.
        """
        ...

    def remove(self, name: str) -> None:
        """Take the file *name* away.

        Raises:
            SnapshotNotFoundError: There is none.
        """
        ...


class FolderShelf:
    """A folder, which is made when the first file is written. One process uses it at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for left in folder.glob(".*.tmp"):  # by one that was killed while it wrote
            left.unlink()

    def names(self) -> list[str]:
        found = (each.name.removesuffix(_SUFFIX) for each in self._folder.glob(f"*{_SUFFIX}"))
        return sorted(each for each in found if is_snapshot_name(each))

    @contextmanager
    def write(self, name: str) -> Iterator[BinaryIO]:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with rewritten(self._path(name)) as file:
            yield file

    def open(self, name: str) -> BinaryIO:
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise SnapshotNotFoundError(name) from None

    def remove(self, name: str) -> None:
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            raise SnapshotNotFoundError(name) from None

    def _path(self, name: str) -> Path:
        # No name has a slash, and none is a folder's own: ".." is the file "...jsonl".
        return self._folder / f"{name}{_SUFFIX}"


class MemoryShelf:
    """Memory, as for a store that is kept there."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        with self._lock:
            return sorted(self._files)

    @contextmanager
    def write(self, name: str) -> Iterator[BinaryIO]:
        with io.BytesIO() as file:
            yield file
            with self._lock:
                self._files[name] = file.getvalue()

    def open(self, name: str) -> BinaryIO:
        with self._lock:
            content = self._files.get(name)
        if content is None:
            raise SnapshotNotFoundError(name)
        return io.BytesIO(content)

    def remove(self, name: str) -> None:
        with self._lock:
            if self._files.pop(name, None) is None:
                raise SnapshotNotFoundError(name)
