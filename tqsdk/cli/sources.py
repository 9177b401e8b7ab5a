"""Where tasks come from: arguments, files, standard input; line by line, however many there are.

They come in groups, each for one request. What is there already goes together, and no line waits
for the next: whoever writes into the pipe may take his time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedIOBase
from itertools import count
from pathlib import Path
from typing import TypeVar, cast

import click

from tqsdk.cli.records import Draft, RecordError, Reference, read_draft, read_reference

T = TypeVar("T")

STANDARD_INPUT = "-"

_GROUP = 100  # tasks
_AT_ONCE = 1 << 16  # bytes; as much as a pipe holds


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


def grouped(items: Iterable[T]) -> Iterator[list[T]]:
    """*items*, up to 100 at once; if reading them fails, first those that were read."""
    group: list[T] = []
    try:
        for item in items:
            group.append(item)
            if len(group) == _GROUP:
                yield group
                group = []
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group


def drafts(paths: Iterable[str], *, as_json: bool) -> Iterator[list[Draft]]:
    """The tasks in files, one a line: the line is the payload, or the JSON of a task.

    Raises:
        UsageError: A line is no such JSON.
    """
    make: Callable[[bytes], Draft] = read_draft if as_json else lambda line: Draft(payload=line)
    for path in paths:
        for group in _read(path, make, blank_lines=not as_json):
            yield [replace(draft, place=place) for place, draft in group]


def references(arguments: tuple[str, ...]) -> Iterator[list[Reference]]:
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
    yield from grouped(Reference(name=name, queue=queue) for name in names)


def reads_input(arguments: tuple[str, ...]) -> bool:
    """Whether ``references`` will read standard input."""
    return arguments[-1:] == (STANDARD_INPUT,)


def is_piped() -> bool:
    """Whether there is a file or a pipe to read, and not a person at a keyboard."""
    return sys.stdin is not None and not sys.stdin.isatty()  # None if it was closed


def _read_references(queue: str | None) -> Iterator[list[Reference]]:
    for group in _read(STANDARD_INPUT, lambda line: _reference(line, queue)):
        yield [reference for _, reference in group]


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
) -> Iterator[list[tuple[str, T]]]:
    """What *make* makes of each line, without its end, and where the line is.

    Blank lines are left out, unless *blank_lines*.
    """
    file = "standard input" if path == STANDARD_INPUT else path
    numbers = count(1)

    def made(lines: list[bytes]) -> Iterator[tuple[str, T]]:
        for line, number in zip(lines, numbers, strict=False):
            content = line.removesuffix(b"\r")
            if not (blank_lines or content.strip()):
                continue
            place = f"{file}, line {number}"
            try:
                yield place, make(content)
            except RecordError as error:
                raise click.UsageError(f"{place}: {error}") from error

    with _opened(path) as stream:
        for lines in _arriving(stream):
            yield from grouped(made(lines))


def _arriving(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """Lines without their ends, together those that arrive together."""
    begun: list[bytes] = []
    while data := stream.read1(_AT_ONCE):
        ended, newline, rest = data.rpartition(b"\n")
        if newline:
            yield b"".join([*begun, ended]).split(b"\n")
            begun = []
        begun.append(rest)
    if last := b"".join(begun):
        yield [last]


@contextmanager
def _opened(path: str) -> Generator[BufferedIOBase]:
    if path == STANDARD_INPUT:
        yield cast(BufferedIOBase, sys.stdin.buffer)
        return
    with Path(path).open("rb") as stream:
        yield stream
