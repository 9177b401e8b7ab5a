from __future__ import annotations

import io
import re
import sys

import pytest

from tqsdk.cli.output import Column, Output, printable, shown
from tqsdk.cli.progress import Progress

COLUMNS = (
    Column("NAME", lambda record: record["name"]),
    Column("PAYLOAD", lambda record: record["payload"]),
)
RECORDS = [{"name": "a", "payload": "[bold]x[/]"}, {"name": "long-name", "payload": "y" * 300}]


def written(*, as_json=False, terminal=False):
    stream = io.BytesIO()
    Output(stream, as_json=as_json, terminal=terminal).table(RECORDS, COLUMNS)
    return stream.getvalue().decode().splitlines()


def test_a_pipe_gets_tabs_and_no_headings():
    assert written() == ["a\t[bold]x[/]", "long-name\t" + "y" * 300]


def test_json_is_the_same_on_a_terminal_and_in_a_pipe():
    assert written(as_json=True, terminal=True) == written(as_json=True)


def test_a_terminal_without_rich_gets_aligned_columns(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.delitem(sys.modules, "tqsdk.cli.rich_table", raising=False)

    assert written(terminal=True) == [
        "NAME       PAYLOAD",
        "a          [bold]x[/]",
        "long-name  " + "y" * 300,
    ]


def test_a_terminal_with_rich_gets_a_table_as_wide_as_it_is(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")

    heading, *rows = written(terminal=True)

    assert re.sub(r"\x1b\[[0-9;]*m", "", heading).split() == ["NAME", "PAYLOAD"]
    assert [row.rstrip() for row in rows] == [
        "a          [bold]x[/]",  # a payload is no markup
        "long-name  " + "y" * 28 + "\u2026",
    ]


def test_an_empty_table_is_empty_everywhere():
    stream = io.BytesIO()

    Output(stream, as_json=False, terminal=True).table([], COLUMNS)

    assert stream.getvalue() == b""


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        (b"plain text", "plain text"),
        ("na\u00efve \U0001f600".encode(), "na\u00efve \U0001f600"),
        (b"a\\n\n\t\0", r"a\\n\n\t\x00"),
        (b"\xff\xc3", r"\xff\xc3"),
        (b"\x1b[31m", r"\x1b[31m"),
        ("\u202e\u2028\x9b".encode(), r"\u202e\u2028\x9b"),
    ],
)
def test_a_payload_is_shown_on_one_harmless_line(payload, line):
    assert shown(payload) == line
    assert printable(line) == line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def count(clock, monkeypatch):
    """What standard error shows of three steps, 0.06 s apart."""

    def count(*, stderr, stdout=None, wanted=None, long=True, apart=0.06):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stderr)
            patch.setattr(sys, "stdout", stdout or io.StringIO())
            with Progress("done", wanted=wanted, long=long, clock=clock) as progress:
                for _ in range(3):
                    clock.advance(apart)
                    progress.step()
        return stderr.getvalue()

    return count


def test_progress_writes_one_line_over_and_over_on_a_terminal(count):
    assert count(stderr=Terminal()) == "\r2 done\r3 done\n"


def test_progress_that_was_asked_for_writes_lines_elsewhere(count):
    assert count(stderr=io.StringIO(), wanted=True) == "3 done\n"
    assert count(stderr=io.StringIO(), wanted=True, apart=0.6) == "2 done\n3 done\n"


@pytest.mark.parametrize(
    "situation",
    [
        {"stderr": io.StringIO()},
        {"stderr": Terminal(), "stdout": Terminal()},
        {"stderr": Terminal(), "wanted": False},
        {"stderr": Terminal(), "long": False},
    ],
    ids=["no terminal", "the output is there too", "forbidden", "one task"],
)
def test_progress_is_not_shown_unasked(count, situation):
    assert count(**situation) == ""
