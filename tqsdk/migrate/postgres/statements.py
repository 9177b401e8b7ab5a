"""The statements beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def statement(name: str) -> bytes:
    """The SQL of ``NAME.sql``; bytes, which psycopg takes as what no user has put together."""
    return (_FOLDER / f"{name}.sql").read_bytes()
