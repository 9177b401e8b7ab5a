"""The file of an SQLite store: locked, opened, known as ours, and brought up to date."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from emulator.storage.errors import StoreBusyError, StoreUnusableError

Durability: TypeAlias = Literal["full", "normal", "off"]

# Marks a file as ours ("tq01"), so that nobody's other database is ever migrated by mistake.
_APPLICATION_ID = 0x74713031

_MIGRATIONS = Path(__file__).with_name("sql")


def lock(path: Path) -> int:
    """Own *path* until the descriptor is closed, which the system does for a killed process.

    The lock is on a file of its own. On the database's file it would be in SQLite's way: to close
    any descriptor of that file, even one that was refused, drops the locks SQLite holds on it.
    """
    descriptor = opened(Path(f"{path}.lock"))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreBusyError(
            f"{path} is served by another process: stop that one, or give --store another file"
        ) from error
    return descriptor


def opened(path: Path) -> int:
    """Open *path*, made for this user alone if it is not there."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusableError(f"cannot open {path}: {error.strerror}") from error


def connect(path: Path | None, durability: Durability) -> sqlite3.Connection:
    connection = sqlite3.connect(
        ":memory:" if path is None else path,
        isolation_level=None,
        cached_statements=256,
        check_same_thread=False,  # one thread at a time uses it, but not always the same one
    )
    try:
        _check_owner(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {durability}")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA temp_store = MEMORY")
        _migrate(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StoreUnusableError(f"cannot use {path} as a store: {error}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _check_owner(connection: sqlite3.Connection, path: Path | None) -> None:
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and owner != _APPLICATION_ID:
        raise StoreUnusableError(
            f"{path} is an SQLite database of another program: give --store another file"
        )


def _migrate(connection: sqlite3.Connection, path: Path | None) -> None:
    """Run the migrations that the file has not seen, each in a transaction of its own."""
    migrations = _migrations()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _refuse_newer(version, path)
    for number, script in migrations:
        if number > version:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {_APPLICATION_ID};\n"
                f"PRAGMA user_version = {number};\nCOMMIT;"
            )


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what somebody who may not migrate cannot read."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _refuse_newer(version, path)
    if version < _migrations()[-1][0]:
        raise StoreUnusableError(
            f"{path} is of an older version of taskqueue-sdk: serve it once, with tq-emulator serve"
        )


def _refuse_newer(version: int, path: Path | None) -> None:
    newest = _migrations()[-1][0]
    if version > newest:
        raise StoreUnusableError(
            f"{path} has schema {version}, and this version of taskqueue-sdk knows none after"
            f" {newest}: upgrade taskqueue-sdk"
        )


@cache
def _migrations() -> list[tuple[int, str]]:
    """Number and script of each migration."""
    return sorted(
        (int(file.name.partition("_")[0]), file.read_text()) for file in _MIGRATIONS.glob("*.sql")
    )


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that sees the store in the file *path* as it is now, and cannot change it.

    Raises:
        StoreUnusableError: There is none, it is not ours, or its schema is not today's.
    """
    if not path.exists():
        raise StoreUnusableError(f"there is no store in {path}: look at the name after --store")
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            # Not "ro": as the last one to leave, it could not fold SQLite's log into the file.
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,  # one thread at a time uses it, but not always the same one
        )
        connection.execute("PRAGMA query_only = ON")
        # The first statement after it decides what is seen from then on.
        connection.execute("BEGIN")
        _check_owner(connection, path)
        _check_schema(connection, path)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise StoreUnusableError(f"cannot read {path} as a store: {error}") from error
        raise
    return connection
