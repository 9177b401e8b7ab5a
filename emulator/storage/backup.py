"""A copy of a store's file, as it is at one instant, while a server goes on with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from emulator.files import replaced
from emulator.storage.errors import StoreUnusableError
from emulator.storage.sqlite_file import read_only

# Between two reports; SQLite copies some 100,000 pages a second.
_PAGES_AT_ONCE = 4_096


def back_up(source: Path, target: Path, *, report: Callable[[int, int], None]) -> None:
    """Write the store in the file *source* to the file *target*, which is replaced when it is done.

    Args:
        source: Whether a server has it or not; what it had acknowledged before is in the copy.
        target: A store of its own, with all that was in the other.
        report: Told now and then how many pages are copied, and how many there are.

    Raises:
        StoreUnusableError: *source* is no store of today, or *target* is one that is in use.
        OSError: *target* cannot be written.
    """
    with closing(read_only(source)) as connection:
        _refuse_store_in_use(target)
        with replaced(target) as new:
            _copy(connection, new, report)


def _copy(connection: sqlite3.Connection, new: Path, report: Callable[[int, int], None]) -> None:
    try:
        with closing(sqlite3.connect(new)) as copy:
            # The connection is in a transaction, so all pages are of the instant when it began.
            connection.backup(
                copy,
                pages=_PAGES_AT_ONCE,
                progress=lambda _, left, total: report(total - left, total),
            )
    except sqlite3.DatabaseError as error:
        raise StoreUnusableError(f"cannot copy the store: {error}") from error


def _refuse_store_in_use(target: Path) -> None:
    """SQLite would take a log that stands beside the new file for its own, and ruin it."""
    for suffix in ("-wal", "-journal"):
        log = Path(f"{target}{suffix}")
        if log.exists():
            raise StoreUnusableError(
                f"{target} is in use, or was not closed: {log} is there. Back up to another file"
            )
