"""How far long work has come, on standard error: for people at a terminal, and who asks for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import click

from tqsdk.clock import Clock

_F = TypeVar("_F", bound=Callable[..., Any])

_EVERY = 0.1  # seconds, on a terminal, where one line is written over
_EVERY_LINE = 1.0  # seconds, elsewhere


class Progress:
    """Counts, and shows the count from time to time and at the end.

    Args:
        what: What has been done to the tasks counted: ``inserted``.
        wanted: None to show it only if the work is *long*, and standard error a terminal that
            standard output leaves free.
        long: Whether there may be many tasks.
        total: How many there will be, about; then the rate and the time left are shown, too.
        clock: Tells how much time has passed.
    """

    def __init__(
        self,
        what: str,
        *,
        wanted: bool | None,
        long: bool = True,
        total: int | None = None,
        clock: Clock,
    ) -> None:
        self._terminal = sys.stderr.isatty()
        free = long and self._terminal and not sys.stdout.isatty()
        self._shown = free if wanted is None else wanted
        self._what = what
        self._clock = clock
        self._count = 0
        self._before = 0
        self._total = total
        self._began = clock.monotonic()
        self._next = clock.monotonic() + self._pause

    def resume(self, count: int) -> None:
        """So many were done before, in a time that is not known."""
        self._before = self._count = count

    def step(self, count: int = 1) -> None:
        """One more is done, or *count*."""
        self._count += count
        if self._shown and self._clock.monotonic() >= self._next:
            self._next = self._clock.monotonic() + self._pause
            self._show(last=False)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._shown:
            self._show(last=True)

    @property
    def _pause(self) -> float:
        return _EVERY if self._terminal else _EVERY_LINE

    def _show(self, *, last: bool) -> None:
        text = self._text(last=last)
        if self._terminal:
            # What was there before may have been longer.
            end = "" if self._total is None else "\x1b[K"
            click.echo(f"\r{text}{end}", err=True, nl=last)
        else:
            click.echo(text, err=True)

    def _text(self, *, last: bool) -> str:
        if self._total is None:
            return f"{self._count:,} {self._what}"
        seconds = self._clock.monotonic() - self._began
        rate = (self._count - self._before) / seconds if seconds > 0 else 0.0
        text = f"{self._count:,} of {self._total:,} {self._what}, {rate:,.0f}/s"
        if last or not rate:
            return text
        left = max(self._total - self._count, 0) / rate
        return f"{text}, {left // 60:.0f}:{left % 60:02.0f} left"


def progress_option(command: _F) -> _F:
    """Let the user ask for it, or forbid it."""
    return click.option(
        "--progress/--no-progress",
        "progress",
        default=None,
        help="Count on standard error.  [default: if that is a terminal, and the output none]",
    )(command)
