"""Where results go: JSON Lines for programs, tab-separated lines for pipes, tables for people.

Each line is flushed as soon as it is written, so that whoever reads it can go to work, and so that
an output which takes no more is noticed before anything else is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        heading: Shown on terminals only.
        cell: Makes the text of a record's cell.
    """

    heading: str
    cell: Callable[[Record], str]


class Output:
    """Standard output, as the options want it.

    Args:
        stream: Takes bytes.
        as_json: Whether records are JSON Lines.
        terminal: Whether a person looks at it: then there are headings, and aligned columns.
    """

    def __init__(self, stream: BinaryIO, *, as_json: bool, terminal: bool) -> None:
        self._stream = stream
        self._as_json = as_json
        self._terminal = terminal

    def record(self, record: Record, plain: str) -> None:
        """Write one of many: *record* as JSON, or else the line *plain*."""
        self.line(json.dumps(record) if self._as_json else plain)

    def details(self, record: Record) -> None:
        """Write the only one: as JSON, or else a line for each of its members."""
        if self._as_json:
            self.line(json.dumps(record))
            return
        for name, value in record.items():
            self.line(f"{name}\t{_plain(value)}")

    def table(self, records: Sequence[Record], columns: Sequence[Column]) -> None:
        """Write *records*, a line each."""
        if self._as_json:
            for record in records:
                self.line(json.dumps(record))
            return
        rows = [[column.cell(record) for column in columns] for record in records]
        if self._terminal and rows:
            self._aligned([column.heading for column in columns], rows)
            return
        for row in rows:
            self.line("\t".join(row))

    def line(self, text: str) -> None:
        self.raw(text.encode("utf-8", "backslashreplace") + b"\n")

    def raw(self, data: bytes) -> None:
        """Write bytes, and have them gone when this returns.

        Raises:
            OSError: The output does not take them.
        """
        self._stream.write(data)
        self._stream.flush()

    def _aligned(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        try:
            from tqsdk.cli.rich_table import render
        except ModuleNotFoundError:  # rich is optional
            render = _columns
        self.line(render(headings, rows))


def printable(text: str) -> str:
    """*text* on one line, and without what a terminal might obey."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def shown(payload: bytes) -> str:
    r"""A payload on one line: as text, with ``\\``, ``\n``, ``\xff`` for what is none."""
    return printable(payload.replace(b"\\", rb"\\").decode("utf-8", "backslashreplace"))


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, cast(Sequence[object], value)))
    return "" if value is None else printable(str(value))


def _columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )
    return "\n".join(lines)
