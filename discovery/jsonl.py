"""The file of an export, as JSON Lines: written and read a line at a time, and checked whole.

A first line says what the file is; a last one has counts and the SHA-256 of all bytes before it, so
that a file that was cut off or changed shows. docs/export-format.md describes it for people.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from reprlib import repr as shortened
from typing import BinaryIO, Protocol, cast

from discovery import jsonl_members as checks
from discovery.jsonl_lines import (
    AttemptLine,
    ClockLine,
    Header,
    LeasesLine,
    Line,
    TaskLine,
    TombstoneLine,
    header_members,
    header_of,
    line_of,
    members_of,
)
from discovery.jsonl_members import LineError, Members

__all__ = [
    "FORMAT",
    "VERSION",
    "AttemptLine",
    "ClockLine",
    "Header",
    "JsonlError",
    "LeasesLine",
    "Line",
    "Lines",
    "Speller",
    "TaskLine",
    "TombstoneLine",
    "Trailer",
    "read",
    "summary",
    "write",
]

FORMAT = "taskqueue-jsonl"
VERSION = 1

MOST_LINE_BYTES = 64 << 20

# A last line is shorter than this.
_TRAILER_BYTES = 4_096

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class JsonlError(ValueError):
    """A file that is no export, or not a whole one.

    Attributes:
        line: Where, counted from 1; None is the last one.
        problem: What is wrong, and what would be right.
    """

    def __init__(self, line: int | None, problem: str) -> None:
        super().__init__(f"{'the last line' if line is None else f'line {line}'}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """The last line: how many lines of each kind there are, and the digest of all before it."""

    tasks: int
    tombstones: int
    leases: int
    attempts: int
    sha256: str


class Lines(Protocol):
    """A file of bytes, or what can be read like one."""

    def readline(self, size: int, /) -> bytes:
        """The next line with its end, or *size* bytes of it; empty when there is no more."""
        ...


def write(header: Header, lines: Iterable[Line]) -> Iterator[bytes]:
    """Spell a file, a line at a time.

    Args:
        header: Its first line.
        lines: What it has; in order if the header says so.
    """
    speller = Speller(header)
    yield speller.first()
    for line in lines:
        yield speller.line(line)
    if header.trailer:
        yield speller.last()


class Speller:
    """Spells a file for whoever writes it in pieces, or goes on with one that was begun."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._sha256 = hashlib.sha256()
        self._counts = _Counts()

    def first(self) -> bytes:
        """The first line."""
        members = header_members(self._header)
        return self._hashed(_spelled({"format": FORMAT, "version": VERSION, **members}))

    def line(self, line: Line) -> bytes:
        """The next one."""
        self._counts.add(type(line))
        return self._hashed(_spelled(members_of(line)))

    def last(self) -> bytes:
        """The last line."""
        sha256 = self._sha256.hexdigest()
        return _spelled({"kind": "end", **self._counts.members(), "sha256": sha256})

    def take(self, raw: bytes, kind: type[Line] | None) -> None:
        """Count the next line of a file that was begun; *kind* is None for the first one."""
        self._hashed(raw)
        if kind is not None:
            self._counts.add(kind)

    def _hashed(self, raw: bytes) -> bytes:
        self._sha256.update(raw)
        return raw


def read(file: Lines) -> tuple[Header, Iterator[Line]]:
    """Read a file: its first line at once, the others as they are asked for.

    Only after the last one is it known that the file is whole.

    Raises:
        JsonlError: The first line is none; from the iterator, another one, or the file ends early.
    """
    reader = _Reader(file)
    header = reader.header()
    return header, reader.lines(header)


def summary(file: BinaryIO) -> tuple[Header, Trailer | None]:
    """The first and the last line of a file that can be sought in; the others are not checked.

    There is no last line to speak of if the first one says that there need be none.

    Raises:
        JsonlError: One of the two is none.
    """
    header = _Reader(file).header()
    if not header.trailer:
        return header, None
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - _TRAILER_BYTES, 0))
    last = file.read().rstrip().rpartition(b"\n")[2]
    try:
        return header, _trailer(_members(last))
    except LineError as error:
        raise JsonlError(None, str(error)) from error


class _Counts:
    """How many lines of each kind there were."""

    def __init__(self) -> None:
        self._kinds: Counter[type[Line]] = Counter()

    def add(self, kind: type[Line]) -> None:
        self._kinds[kind] += 1

    def check(self, trailer: Trailer, sha256: str) -> None:
        for name, count in self.members().items():
            said = getattr(trailer, name)
            if said != count:
                raise LineError(f"{name} is {said}, and there are {count}: lines are missing")
        if trailer.sha256 != sha256:
            raise LineError(
                f"sha256 is {trailer.sha256}, and that of the lines before is {sha256}: one was"
                ' changed. If that was meant, put "trailer": false into the first line, and leave'
                " out this one"
            )

    def members(self) -> dict[str, int]:
        return {
            "tasks": self._kinds[TaskLine],
            "tombstones": self._kinds[TombstoneLine],
            "leases": self._kinds[LeasesLine],
            "attempts": self._kinds[AttemptLine],
        }


class _Names:
    """Sees to it that no name comes twice."""

    def __init__(self, *, ordered: bool) -> None:
        self._ordered = ordered
        self._last = ("", "", "")
        self._seen: set[tuple[str, str, str]] = set()

    def check(self, line: TaskLine | TombstoneLine) -> None:
        if line.name is None and not self._ordered:
            return
        key = (line.project, line.queue, line.name or "")
        if key == self._last or key in self._seen:
            raise LineError(f"the name {shortened(line.name)} is taken by a line before this one")
        if self._ordered and key < self._last:
            raise LineError(
                "the first line says that lines are ordered by project, queue and name, and this"
                " one comes before the one above"
            )
        self._last = key
        if not self._ordered:
            self._seen.add(key)


class _Reader:
    """Reads line by line, and knows where it is."""

    def __init__(self, file: Lines) -> None:
        self._file = file
        self._number = 0
        self._sha256 = hashlib.sha256()

    def header(self) -> Header:
        try:
            raw = self._next()
            header = _header(raw)
        except LineError as error:
            raise JsonlError(self._number, str(error)) from error
        self._sha256.update(raw)
        return header

    def lines(self, header: Header) -> Iterator[Line]:
        try:
            yield from self._lines(header)
        except LineError as error:
            raise JsonlError(self._number, str(error)) from error

    def _lines(self, header: Header) -> Iterator[Line]:
        counts, names = _Counts(), _Names(ordered=header.ordered)
        while raw := self._next():
            if not raw.isspace():
                members = _members(raw)
                if members.get("kind") == "end":
                    counts.check(_trailer(members), self._sha256.hexdigest())
                    return self._check_end()
                line = line_of(Members(members, project=header.project, queue=header.queue))
                if isinstance(line, TaskLine | TombstoneLine):
                    names.check(line)
                counts.add(type(line))
                yield line
            self._sha256.update(raw)
        if header.trailer:
            raise LineError(
                'the file ends without its last line, {"kind": "end", ...}: it was cut off, or is'
                ' still being written; a file written by hand has "trailer": false in its first'
            )
        return None

    def _check_end(self) -> None:
        while raw := self._next():
            if not raw.isspace():
                raise LineError("there is more after the last line")

    def _next(self) -> bytes:
        self._number += 1
        raw = self._file.readline(MOST_LINE_BYTES + 1)
        if len(raw) > MOST_LINE_BYTES:
            raise LineError(f"it is longer than {MOST_LINE_BYTES} bytes")
        return raw


def _header(raw: bytes) -> Header:
    begin = f'the first line of an export begins with {{"format": "{FORMAT}", "version": {VERSION}'
    try:
        members = _members(raw) if raw else {}
    except LineError as error:
        raise LineError(f"{error}; {begin}") from error
    name, version = members.pop("format", None), members.pop("version", None)
    if name != FORMAT:
        raise LineError(begin)
    if type(version) is not int or version != VERSION:
        raise LineError(
            f"version is {shortened(version)}, and this version of taskqueue-sdk reads {VERSION}"
        )
    return header_of(Members(members))


def _trailer(members: dict[str, object]) -> Trailer:
    left = Members(members)
    left.take("kind", checks.text)
    trailer = Trailer(
        tasks=left.take("tasks", checks.number),
        tombstones=left.take("tombstones", checks.number),
        leases=left.take("leases", checks.number),
        attempts=left.take("attempts", checks.number),
        sha256=left.take("sha256", checks.digest),
    )
    left.end()
    return trailer


def _members(raw: bytes) -> dict[str, object]:
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_object)
    except LineError:
        raise
    except UnicodeDecodeError as error:
        raise LineError(f"it is not UTF-8: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        cut = (
            "" if raw.endswith(b"\n") else "; the file was cut off here, or is still being written"
        )
        raise LineError(f"it is no JSON: {error.msg} at character {error.pos + 1}{cut}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or a deep nest
        raise LineError(f"it is no JSON of ours: {error}") from error
    if not isinstance(value, dict):
        raise LineError("it is no JSON object")
    return cast("dict[str, object]", value)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise LineError("a member is there twice")
    return members


def _spelled(members: dict[str, object]) -> bytes:
    return (_encode(members) + "\n").encode()
