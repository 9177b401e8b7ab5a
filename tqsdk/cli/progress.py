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
        clock: Tells how much time has passed.
    """

    def __init__(self, what: str, *, wanted: bool | None, long: bool = True, clock: Clock) -> None:
        self._terminal = sys.stderr.isatty()
        free = long and self._terminal and not sys.stdout.isatty()
        self._shown = free if wanted is None else wanted
        self._what = what
        self._clock = clock
        self._count = 0
        self._next = clock.monotonic() + self._pause

    def step(self) -> None:
        """One more is done."""
        self._count += 1
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
        text = f"{self._count:,} {self._what}"
        if self._terminal:
            click.echo(f"\r{text}", err=True, nl=last)
        else:
            click.echo(text, err=True)


def progress_option(command: _F) -> _F:
    """Let the user ask for it, or forbid it."""
    return click.option(
        "--progress/--no-progress",
        "progress",
        default=None,
        help="Count on standard error.  [default: if that is a terminal, and the output none]",
    )(command)
