"""SQLite by itself, in this process: what a careful program without a server would get."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from tests.benchmarks.payload import PAYLOAD


def inserts_per_second(folder: Path, *, seconds: float) -> float:
    """Insert one row per commit, each commit flushed to the disk."""
    path = folder / "raw.db"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
        start = time.perf_counter()
        count = 0
        while time.perf_counter() < start + seconds:
            connection.execute("INSERT INTO task (payload) VALUES (?)", (PAYLOAD,))
            count += 1
        return count / (time.perf_counter() - start)
    finally:
        connection.close()
        for each in folder.glob("raw.db*"):
            each.unlink()
