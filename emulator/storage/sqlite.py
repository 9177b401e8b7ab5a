"""Tasks in one SQLite file, or in memory.

The file is in WAL mode; a commit is one append and, at ``full`` durability, one flush of the disk.
One process owns a file at a time. The verbs are in ``sqlite_verbs``, the file's care in
``sqlite_file``.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from emulator.engine.errors import StoreFailedError
from emulator.engine.store import Store, Transaction, View, Work
from emulator.storage.errors import StoreOpenError, StoreUnusableError
from emulator.storage.group_commit import GroupCommit
from emulator.storage.loop_commit import LoopCommit
from emulator.storage.sqlite_file import Durability, connect, lock, opened, read_only
from emulator.storage.sqlite_verbs import SqliteTransaction


def open_sqlite(
    path: str | os.PathLike[str] | None,
    *,
    durability: Durability,
    loop: asyncio.AbstractEventLoop | None = None,
    first: Work[object] | None = None,
) -> Store:
    """Open the store in the file *path*, making it if there is none; None keeps it in memory.

    Args:
        path: Its folder must exist. Nothing else may have it open as a store.
        durability: ``full`` survives loss of power, ``normal`` survives a killed process and may
            lose the last moments at loss of power, ``off`` leaves all to the operating system.
        loop: Drives the store, which then is for this loop; by default a thread does.
        first: A unit of work that is done before the store is opened to others. If it raises, that
            is raised here, and the store is not opened.

    Raises:
        StoreBusyError: Another process serves this file.
        StoreUnusableError: The file cannot be read or written, is not ours, or is too new.
    """
    session = SqliteSession(None if path is None else Path(path), durability, first=first)
    return GroupCommit(session) if loop is None else LoopCommit(session, loop)


@contextmanager
def view_sqlite(path: Path) -> Iterator[View]:
    """All that the store in the file *path* holds now, whether a server has it or not.

    Raises:
        StoreUnusableError: There is none, it is not ours, its schema is not today's, or, also from
            the block, it is damaged.
    """
    try:
        with _viewing(read_only(path)) as view:
            yield view
    except sqlite3.DatabaseError as error:
        raise StoreUnusableError(f"cannot read {path}: {error}") from error


class SqliteSession:
    """The writer's connection: opening, migrating, and the bounds of transactions."""

    def __init__(
        self, path: Path | None, durability: Durability, *, first: Work[object] | None = None
    ) -> None:
        self._first = first
        self._path = path
        self._durability: Durability = durability
        self._lock: int | None = None

    def open(self) -> Transaction:
        """Lock the file, connect, bring the schema up to date, and run the first unit."""
        if self._path is not None:
            self._lock = lock(self._path)
        try:
            if self._path is not None:
                os.close(opened(self._path))
            self._connection = connect(self._path, self._durability)
        except BaseException:
            self._unlock()
            raise
        try:
            self._tx = SqliteTransaction(self._connection)
            self._begin_with(self._first)
        except BaseException:
            self.close()
            raise
        return self._tx

    def begin(self) -> None:
        """Take SQLite's write lock."""
        self._connection.execute("BEGIN IMMEDIATE")

    def writes(self) -> int:
        """How many verbs have written since ``begin``."""
        return self._tx.writes

    def flush(self) -> None:
        """Write what was gathered."""
        self._tx.flush()

    def commit(self) -> None:
        """Commit; at ``full`` durability the write-ahead log has been flushed on return."""
        self._connection.execute("COMMIT")
        self._tx.settled()

    def rollback(self) -> None:
        """Undo what was not committed; SQLite may have done so itself after a failed write."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._tx.undone()

    def view(self, run: Callable[[Work[bytes]], bytes]) -> AbstractContextManager[View]:
        """What is committed, through a connection of its own; of memory, a copy of all of it."""
        try:
            if self._path is not None:
                return _viewing(read_only(self._path))
            return _viewing(_copy(run(lambda _: self._image())))
        except StoreOpenError as error:
            raise StoreFailedError(str(error)) from error

    def close(self) -> None:
        """Disconnect; SQLite folds the write-ahead log into the file."""
        self._connection.close()
        self._unlock()

    def _begin_with(self, work: Work[object] | None) -> None:
        if work is not None:
            self.begin()
            work(self._tx)
            self.flush()
            self.commit()

    def _image(self) -> bytes:
        """The bytes of the database, with what the units of this batch have done so far."""
        self._tx.flush()
        return self._connection.serialize()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def _viewing(connection: sqlite3.Connection) -> Iterator[View]:
    with closing(connection):
        yield SqliteTransaction(connection)


def _copy(image: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.deserialize(image)
    return connection
