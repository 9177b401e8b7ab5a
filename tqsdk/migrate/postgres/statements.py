"""The statements beside this file, as text."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_FOLDER = Path(__file__).parent


@cache
def statement(name: str) -> LiteralString:
    """The SQL of ``NAME.sql``."""
    # psycopg takes only literals, so that nobody puts together what users say; a file is as good.
    return cast(LiteralString, (_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
