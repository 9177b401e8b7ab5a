"""Where tasks come from: arguments, files, standard input; line by line, however many there are."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

import click

from tqsdk.cli.records import Draft, RecordError, Reference, read_draft, read_reference

T = TypeVar("T")

STANDARD_INPUT = "-"


def payload(argument: str) -> bytes:
    """The payload that an argument stands for: itself, or ``@FILE``; ``@@`` is an ``@``."""
    if not argument.startswith("@"):
        return os.fsencode(argument)
    if argument.startswith("@@"):
        return os.fsencode(argument[1:])
    return Path(argument[1:]).read_bytes()


def standard_input() -> bytes:
    """All there is to read."""
    return sys.stdin.buffer.read()


def drafts(paths: Iterable[str], *, as_json: bool) -> Iterator[Draft]:
    """The tasks in files, one a line: the line is the payload, or the JSON of a task.

    Raises:
        UsageError: A line is no such JSON.
    """
    make = read_draft if as_json else lambda line: Draft(payload=line)
    for path in paths:
        for place, draft in _read(path, make, blank_lines=not as_json):
            yield replace(draft, place=place)


def references(arguments: tuple[str, ...]) -> Iterator[Reference]:
    """The tasks that ``QUEUE NAME...`` names, or that are read for ``QUEUE -`` and ``-``.

    A line of standard input is a task's JSON, as other commands print it, or a name. With QUEUE all
    must be tasks of that queue.

    Raises:
        UsageError: The arguments or the lines name none.
    """
    if arguments == (STANDARD_INPUT,):
        yield from _read_references(None)
        return
    if len(arguments) < 2:
        raise click.UsageError("give QUEUE and the NAMEs of tasks, or - to read them")
    queue, *names = arguments
    if names == [STANDARD_INPUT]:
        yield from _read_references(queue)
        return
    for name in names:
        yield Reference(name=name, queue=queue)


def reads_input(arguments: tuple[str, ...]) -> bool:
    """Whether ``references`` will read standard input."""
    return arguments[-1:] == (STANDARD_INPUT,)


def is_piped() -> bool:
    """Whether there is a file or a pipe to read, and not a person at a keyboard."""
    return sys.stdin is not None and not sys.stdin.isatty()  # None if it was closed


def _read_references(queue: str | None) -> Iterator[Reference]:
    for _, reference in _read(STANDARD_INPUT, lambda line: _reference(line, queue)):
        yield reference


def _reference(line: bytes, queue: str | None) -> Reference:
    if line.lstrip().startswith(b"{"):
        reference = read_reference(line)
        if queue not in (None, reference.queue):
            raise RecordError(f"a task of the queue {reference.queue!r}, not of {queue!r}")
        return reference
    if queue is None:
        raise RecordError("not the JSON of a task; names alone need QUEUE before the -")
    return Reference(name=line.strip().decode("utf-8", "backslashreplace"), queue=queue)


def _read(
    path: str, make: Callable[[bytes], T], *, blank_lines: bool = False
) -> Iterator[tuple[str, T]]:
    """What *make* makes of each line, without its end, and where the line is.

    Blank lines are left out, unless *blank_lines*.
    """
    file = "standard input" if path == STANDARD_INPUT else path
    with _opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            content = line.removesuffix(b"\n").removesuffix(b"\r")
            if not (blank_lines or content.strip()):
                continue
            place = f"{file}, line {number}"
            try:
                made = make(content)
            except RecordError as error:
                raise click.UsageError(f"{place}: {error}") from error
            yield place, made


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb") as stream:
        yield stream
