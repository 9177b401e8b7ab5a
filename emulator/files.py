"""Files that are there whole, or not at all, whenever the process or the machine dies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A new, empty file for the block to write, which is *path* once it is whole and on disk.

    Until then *path* is as it was, and if the block fails it stays so. The new file is in the same
    folder, for its user alone, and has a name that begins with a dot and ends in ``.tmp``; only a
    process that is killed leaves it there.

    Raises:
        OSError: The folder is not there, or cannot be written.
    """
    target = Path(os.path.realpath(path))  # the file, not a link to it, is replaced
    # Names have 255 bytes at most, and this one gets a little longer.
    descriptor, name = tempfile.mkstemp(
        prefix=f".{target.name[:60]}.", suffix=".tmp", dir=target.parent
    )
    os.close(descriptor)
    try:
        yield Path(name)
        _flush(name)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
    # Or a loss of power may undo the renaming.
    _flush(target.parent)


@contextmanager
def rewritten(path: Path) -> Iterator[BinaryIO]:
    """A file for the block to write to, which is *path* once it is whole; see ``replaced``."""
    with replaced(path) as new, new.open("wb") as file:
        yield file


def _flush(path: str | Path) -> None:
    """Have the disk hold what was written to a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
