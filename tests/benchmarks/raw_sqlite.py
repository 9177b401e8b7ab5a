"""SQLite by itself, in this process: what a careful program without a server would get."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")


def insert(folder: Path, payload: bytes, *, seconds: float) -> tuple[float, float]:
    """Insert one row of *payload* per commit, each commit flushed to the disk.

    Returns:
        Rows a second, and seconds of processor time per row.
    """
    path = folder / "raw.db"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
        start, cpu_before = time.perf_counter(), time.process_time()
        count = 0
        while time.perf_counter() < start + seconds:
            connection.execute("INSERT INTO task (payload) VALUES (?)", (payload,))
            count += 1
        took = time.perf_counter() - start
        return count / took, (time.process_time() - cpu_before) / count
    finally:
        connection.close()
        for each in folder.glob("raw.db*"):
            each.unlink()
