"""The file format of exports: what is written is read back, and what is wrong is named."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery import jsonl
from discovery.jsonl import (
    AttemptLine,
    ClockLine,
    Header,
    JsonlError,
    LeasesLine,
    TaskLine,
    TombstoneLine,
)
from emulator.engine.errors import RefusedError
from emulator.engine.names import check_queue_name, check_task_name

DOCS = Path(__file__).parents[2] / "docs/export-format.md"

FIRST = '{"format": "taskqueue-jsonl", "version": 1, "project": "p", "queue": "q"}'
BY_HAND = FIRST[:-1] + ', "trailer": false}'

TASK = TaskLine(
    project="p",
    queue="q",
    payload=b"\0\xff",
    name="a",
    tag="blå",
    eta=1_800_000_000_000_001,
    eta_given=True,
    enqueued_at=1_800_000_000_000_000,
    retry_count=3,
)
LINES = [
    ClockLine(own=5, factor=0.5, auto_jump=7),
    TASK,
    TombstoneLine(project="p", queue="q", name="b", until=7),
    LeasesLine(project="p", queue="q", second=1_800_000_000, count=2),
    AttemptLine(project="p", queue="q", id="i", asked="[1]", until=9, tasks=(("a", 3), ("c", 1))),
]


def written(lines=LINES, **header) -> bytes:
    return b"".join(jsonl.write(Header(**header), lines))


def read(content: bytes):
    header, lines = jsonl.read(io.BytesIO(content))
    return header, list(lines)


def by_hand(*lines: str, first: str = BY_HAND):
    return read("\n".join([first, *lines, ""]).encode())[1]


def refused(content: bytes) -> str:
    with pytest.raises(JsonlError) as caught:
        read(content)
    return str(caught.value)


def test_what_is_written_is_read_back():
    header = Header(
        written_at=5, written_by="me", project="p", queue="q", ordered=True, trailer=True
    )

    assert read(b"".join(jsonl.write(header, LINES))) == (header, LINES)


projects = st.from_regex(r"[a-z0-9.:-]{1,100}", fullmatch=True)
queues = st.from_regex(r"[a-zA-Z0-9-]{1,100}", fullmatch=True)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,500}", fullmatch=True)
ids = st.from_regex(r"[a-zA-Z0-9_-]{1,128}", fullmatch=True)
times = st.integers(0, 2**63 - 1)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
places = {"project": projects, "queue": queues}
lines = st.one_of(
    st.builds(
        TaskLine,
        **places,
        payload=st.binary(),
        name=st.none() | names,
        tag=texts,
        eta=times,
        eta_given=st.booleans(),
        enqueued_at=st.none() | times,
        retry_count=st.integers(0, 2**31 - 1),
    ),
    st.builds(TombstoneLine, **places, name=names, until=times),
    st.builds(LeasesLine, **places, second=st.integers(0, 2**40), count=times),
    st.builds(
        AttemptLine,
        **places,
        id=ids,
        asked=texts,
        until=times,
        tasks=st.lists(st.tuples(names, st.integers(0, 9))).map(tuple),
    ),
    st.builds(ClockLine, own=times, factor=st.floats(0, 1e6), auto_jump=times),
)
files = st.lists(lines, unique_by=lambda line: getattr(line, "name", None) or id(line))


@settings(max_examples=25, deadline=None)
@given(files, texts, times)
def test_any_lines_are_read_back_as_they_were_written(lines, by, at):
    header = Header(written_at=at, written_by=by)

    assert read(b"".join(jsonl.write(header, lines))) == (header, lines)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_file_cut_off_anywhere_is_refused(data):
    whole = written()
    cut = data.draw(st.integers(0, len(whole) - 2))

    assert refused(whole[:cut]).startswith("line ")


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_file_with_any_byte_changed_is_refused(data):
    whole = written()
    at = data.draw(st.integers(0, len(whole) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    changed = whole[:at] + bytes([other]) + whole[at + 1 :]

    assert refused(changed).startswith("line ")


def test_a_file_without_a_line_is_refused():
    content = written().splitlines(keepends=True)

    assert "lines are missing" in refused(b"".join([*content[:2], *content[3:]]))


def test_a_changed_file_is_refused_by_its_digest():
    assert "sha256 is" in refused(written().replace(b'"tag":"bl', b'"tag":"cl'))


def test_a_task_by_hand_needs_a_payload_and_no_more():
    assert by_hand('{"payload": "hello"}', '{"payload_base64": "_w"}') == [
        TaskLine(project="p", queue="q", payload=b"hello"),
        TaskLine(project="p", queue="q", payload=b"\xff"),
    ]


def test_a_line_names_its_own_place_where_it_has_one():
    assert by_hand('{"project": "o", "queue": "z", "payload": ""}') == [
        TaskLine(project="o", queue="z", payload=b"")
    ]


def test_an_eta_is_taken_as_given_unless_the_line_says_otherwise():
    first, second = by_hand(
        '{"payload": "", "eta_us": 5}', '{"payload": "", "eta_us": 5, "eta_given": false}'
    )

    assert (first.eta_given, second.eta_given) == (True, False)


def test_empty_lines_ends_of_windows_and_null_do_no_harm():
    assert by_hand("", '{"payload": "x", "tag": null}\r', "  ") == [
        TaskLine(project="p", queue="q", payload=b"x")
    ]


@pytest.mark.parametrize("coded", ["_-8", "/+8=", "_-8=", "/+8"])
def test_either_alphabet_of_base64_is_read_padded_or_not(coded):
    assert by_hand(json.dumps({"payload_base64": coded}))[0].payload == b"\xff\xef"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("7", "no JSON object"),
        ('{"payload": ""}{}', "no JSON"),
        ('{"payload": "", "eta_us": ' + "9" * 5_000 + "}", "no JSON"),
        ('{"payload": "", "payload": ""}', "twice"),
        ('{"kind": "job"}', "one of task, tombstone, leases, attempt, clock, end"),
        ("{}", "payload_base64 is missing"),
        ('{"payload": "", "payload_base64": ""}', "and not both"),
        ('{"payload_base64": "$"}', "no base64"),
        ('{"payload": "x", "sha256": "' + "0" * 64 + '"}', "not that of the payload"),
        ('{"payload": "x", "sha256": "A"}', "64 hexadecimal digits"),
        ('{"payload": "", "name": "a b"}', "letters, digits, underscores or hyphens"),
        ('{"payload": "", "name": ""}', "letters, digits, underscores or hyphens"),
        ('{"payload": "", "project": "s~p"}', "without 's~'"),
        ('{"payload": "", "queue": "a_b"}', "letters, digits or hyphens"),
        ('{"payload": "", "tag": 7}', "must be a text"),
        ('{"payload": "", "tag": "\\u0000"}', "NUL"),
        ('{"payload": "\\ud800"}', "surrogate"),
        ('{"payload": "", "eta_us": -1}', "an integer from 0 to"),
        ('{"payload": "", "eta_us": 9223372036854775808}', "an integer from 0 to"),
        ('{"payload": "", "eta_us": 1.5}', "an integer from 0 to"),
        ('{"payload": "", "eta_us": true}', "an integer from 0 to"),
        ('{"payload": "", "eta_given": 1}', "true or false"),
        ('{"payload": "", "retry_count": 2147483648}', "an integer from 0 to 2147483647"),
        ('{"payload": "", "etaus": 5}', "known is eta_us"),
        ('{"kind": "tombstone", "name": "a"}', "until_us is missing"),
        ('{"kind": "tombstone", "until_us": 1}', "name is missing"),
        ('{"kind": "leases", "second": 9223372036854775, "count": 1}', "an integer from 0"),
        ('{"kind": "attempt", "id": "i", "asked": "", "until_us": 1, "tasks": [["a"]]}', "tasks"),
        ('{"kind": "attempt", "id": "i", "asked": "", "until_us": 1, "tasks": 1}', "an array"),
        ('{"kind": "clock"}', "own_us is missing"),
        ('{"kind": "clock", "own_us": 1, "factor": -1}', "a number from 0 to 1000000"),
        ('{"kind": "clock", "own_us": 1, "factor": NaN}', "a number from 0 to 1000000"),
        ('{"kind": "clock", "own_us": 1, "factor": Infinity}', "a number from 0 to 1000000"),
    ],
)
def test_a_wrong_line_is_named_with_what_would_be_right(line, words):
    content = "\n".join([BY_HAND, '{"payload": "good"}', line, ""]).encode()

    message = refused(content)

    assert message.startswith("line 3: ")
    assert words in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("", "begins with"),
        ("{}", "begins with"),
        ('{"payload": "x"}', "begins with"),
        ('{"format": "taskqueue-jsonl"}', "version is None"),
        ('{"format": "taskqueue-jsonl", "version": 2}', "reads 1"),
        (FIRST[:-1] + ', "colour": 1}', "'colour'"),
        (FIRST[:-1] + ', "written_us": "today"}', "written_us"),
    ],
)
def test_a_wrong_first_line_is_named(first, words):
    message = refused(f"{first}\n".encode() if first else b"")

    assert message.startswith("line 1: ")
    assert words in message


def test_a_line_without_a_place_is_refused():
    first = '{"format": "taskqueue-jsonl", "version": 1, "trailer": false, "project": "p"}'

    with pytest.raises(JsonlError, match="line 2: queue is missing, here and in the first line"):
        by_hand('{"payload": ""}', first=first)


def test_a_file_without_its_last_line_is_refused_unless_it_says_so():
    with pytest.raises(JsonlError, match="line 3: the file ends without its last line"):
        by_hand('{"payload": ""}', first=FIRST)


def test_nothing_may_follow_the_last_line():
    assert "more after the last line" in refused(written() + b"{}\n")


@pytest.mark.parametrize("ordered", [True, False])
def test_a_name_that_comes_twice_is_refused(ordered):
    again = TombstoneLine(project="p", queue="q", name="a", until=7)

    assert "line 3: the name 'a' is taken" in refused(written([TASK, again], ordered=ordered))


def test_lines_that_are_said_to_be_ordered_must_be():
    before = TombstoneLine(project="p", queue="q", name="A", until=7)
    nameless = TaskLine(project="p", queue="r", payload=b"")

    assert "line 3: the first line says" in refused(written([TASK, before], ordered=True))
    assert read(written([TASK, before]))[1] == [TASK, before]
    assert read(written([TASK, nameless]))[1] == [TASK, nameless]


def test_a_line_without_end_is_not_read_into_memory(monkeypatch):
    monkeypatch.setattr(jsonl, "MOST_LINE_BYTES", 1_000)

    with pytest.raises(JsonlError, match="line 2: it is longer than 1000 bytes"):
        by_hand('{"payload": "' + "x" * 1_000)


def test_a_summary_is_the_first_and_the_last_line():
    header, trailer = jsonl.summary(io.BytesIO(written(written_at=5, written_by="me")))
    assert trailer is not None

    assert (header.written_at, header.written_by) == (5, "me")
    assert (trailer.tasks, trailer.tombstones, trailer.leases, trailer.attempts) == (1, 1, 1, 1)


def test_a_file_by_hand_has_a_summary_without_counts():
    header, trailer = jsonl.summary(io.BytesIO(f"{BY_HAND}\n{{}}\n".encode()))

    assert (header.project, trailer) == ("p", None)


def test_a_summary_of_half_a_file_is_refused():
    with pytest.raises(JsonlError, match="cut off"):
        jsonl.summary(io.BytesIO(written()[:-20]))


def test_names_are_those_of_the_engine():
    for name in ("a", "-_Z9", "a" * 500, "", "a" * 501, "a.b", "a\n", "ä", "é" * 3):
        line = json.dumps({"payload": "", "name": name})
        assert fits(lambda line=line: by_hand(line)) == fits(
            lambda name=name: check_task_name(name)
        )
    for name in ("a", "-Z9", "a" * 100, "a" * 101, "a_b", "a\n", "ä"):
        line = json.dumps({"payload": "", "queue": name})
        assert fits(lambda line=line: by_hand(line)) == fits(
            lambda name=name: check_queue_name(name)
        )


def test_the_examples_of_its_description_are_read():
    exported, written_by_hand = re.findall(r"^```json\n(.*?)^```", DOCS.read_text(), re.M | re.S)

    assert b"".join(jsonl.write(*read(exported.encode()))).decode() == exported
    assert [line.payload for line in read(written_by_hand.encode())[1]] == [
        b"hello",
        b"later",
        b"\xff",
    ]


def fits(check) -> bool:
    try:
        check()
    except (JsonlError, RefusedError):
        return False
    return True
