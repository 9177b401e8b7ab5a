"""Which names are well-formed, and new ones (API.md section 4)."""

from __future__ import annotations

import re
import secrets
from functools import lru_cache

from emulator.engine.errors import Code, RefusedError

# Patterns are used with fullmatch: `$` would let a trailing newline through, as Google's SDK did.
_TASK_NAME = re.compile(r"[a-zA-Z0-9_-]{1,500}")
_QUEUE_NAME = re.compile(r"[a-zA-Z0-9-]{1,100}")


def is_task_name(name: str) -> bool:
    """Whether a task can have this name."""
    return _TASK_NAME.fullmatch(name) is not None


def check_task_name(name: str) -> None:
    """Refuse a name that no task can have.

    Raises:
        RefusedError: INVALID_TASK_NAME.
    """
    if not is_task_name(name):
        raise RefusedError(
            Code.INVALID_TASK_NAME,
            f"{name[:80]!r}: a task name is 1 to 500 letters, digits, underscores or hyphens",
        )


@lru_cache(1_024)
def check_queue_name(name: str) -> None:
    """Refuse a name that no queue can have.

    Raises:
        RefusedError: INVALID_QUEUE_NAME.
    """
    if not _QUEUE_NAME.fullmatch(name):
        raise RefusedError(
            Code.INVALID_QUEUE_NAME,
            f"{name[:80]!r}: a queue name is 1 to 100 letters, digits or hyphens",
        )


def new_task_name() -> str:
    """Sixteen random hexadecimal digits, as App Engine's own names looked (trace T1)."""
    return secrets.token_hex(8)
