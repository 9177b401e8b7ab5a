"""Task names: what the server allows, and new ones made here.

A generated name is a UUID of version 7 without its hyphens: 48 bits of milliseconds, a counter of
42 bits, 32 random bits. Names made in one process sort in the order in which they were made, so
tasks inserted at the same instant are leased in the order of their insertion.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from collections.abc import Callable

_TASK = re.compile(r"[a-zA-Z0-9_-]{1,500}")
_QUEUE = re.compile(r"[a-zA-Z0-9-]{1,100}")

_COUNTER_BITS = 42
_LOW_BITS = 30  # of the counter's bits, those that follow the variant


def is_task_name(text: str) -> bool:
    return _TASK.fullmatch(text) is not None


def is_queue_name(text: str) -> bool:
    return _QUEUE.fullmatch(text) is not None


class NameSource:
    """Makes names, each greater than all before it, from any number of threads.

    Args:
        milliseconds: The time since 1970. It may jump or stand still; the names still ascend.
    """

    def __init__(self, milliseconds: Callable[[], int] | None = None) -> None:
        self._milliseconds = milliseconds or (lambda: time.time_ns() // 1_000_000)
        self._lock = threading.Lock()
        self._last = -1
        self._counter = 0

    def __call__(self) -> str:
        with self._lock:
            now = self._milliseconds()
            self._counter += 1
            if now > self._last or self._counter >> _COUNTER_BITS:
                self._last = max(now, self._last + 1)
                # The top bit is left free, so that half of all values are room to count in.
                self._counter = secrets.randbits(_COUNTER_BITS - 1)
            return _spelled(self._last, self._counter, secrets.randbits(32))


def _spelled(milliseconds: int, counter: int, tail: int) -> str:
    high, low = counter >> _LOW_BITS, counter & ((1 << _LOW_BITS) - 1)
    value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 32 | tail
    return f"{value:032x}"


# Module-level state, against the house rule: the order is promised per process, not per client.
_names = NameSource()


def generate() -> str:
    """A new task name: 32 lowercase hex digits, greater than all that this process made before."""
    return _names()


def _forget() -> None:
    """Start anew in a forked child: the parent may hold the lock, and counts on from here too."""
    global _names
    _names = NameSource()


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(after_in_child=_forget)
