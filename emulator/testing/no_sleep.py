"""No real sleep: whatever sleeps in this process meanwhile, fails."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# The server watches its connections, in a thread of its own; and to wait for a process to end with
# a time limit is to look again and again.
_MAY = ("emulator", "subprocess")

_SLEEP = time.sleep
_ASYNC_SLEEP = asyncio.sleep


class RealSleepError(AssertionError):
    """Something slept, where nothing may."""


@contextmanager
def no_sleeping() -> Iterator[list[str]]:
    """Let ``time.sleep`` and ``asyncio.sleep`` raise until the block ends.

    To wait for no time at all is allowed: it lets others run. So is what the emulator itself does.
    Modules that have imported the functions by name are seen to.

    Yields:
        A line for each sleep that was tried: for those whose error somebody caught.
    """
    tried: list[str] = []

    def refuse(name: str, seconds: float) -> None:
        caller = sys._getframe(2)
        if seconds <= 0 or _package(caller) in _MAY:
            return
        place = f"{caller.f_code.co_filename}:{caller.f_lineno}"
        tried.append(f"{name}({seconds:g}) at {place}")
        raise RealSleepError(f"a test may not sleep: {tried[-1]}; move the server's clock instead")

    def sleep(seconds: float) -> None:
        refuse("time.sleep", seconds)
        _SLEEP(seconds)

    def async_sleep(delay: float, result: Any = None) -> Awaitable[Any]:
        refuse("asyncio.sleep", delay)
        return _ASYNC_SLEEP(delay, result)

    with _replaced(_SLEEP, sleep), _replaced(_ASYNC_SLEEP, async_sleep):
        yield tried


def _package(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


@contextmanager
def _replaced(original: Callable[..., Any], other: Callable[..., Any]) -> Iterator[None]:
    """Have *other* in the place of *original*, which is called ``sleep``, in every module."""
    _replace(original, other)
    try:
        yield
    finally:
        # In those too that were imported meanwhile.
        _replace(other, original)


def _replace(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        if names.get("sleep") is old:
            names["sleep"] = new
