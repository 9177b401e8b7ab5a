"""The page has every number that it was given, loads nothing, and takes text for text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from tests.tqsdk.cli.conftest import _no_token, queue, tq

__all__ = ["_no_token", "queue", "tq"]

VOID = {"meta"}

EVIL = "<script>alert('é & \"')</script>"

SCAN = {
    "version": 1,
    "findings": [
        {
            "rule": f"TQM{rule:03}",
            "path": f"{EVIL}/{rule}.py",
            "line": 1000 + rule,
            "column": rule,
            "code": f"queue({EVIL})",
            "title": f"title {rule}",
            "advice": "do this",
            "detail": None if rule == 1 else EVIL,
            "effort": "small",
            "needs": [],
        }
        for rule in (1, 12, 25)
    ],
    "summary": {
        "files": 1234,
        "findings": 3,
        "minutes": 475,
        "by_effort": {"none": 0, "small": 2, "large": 1},
        "by_rule": {"TQM001": 1, "TQM012": 77777, "TQM025": 1},
    },
    "target": {
        "name": "pubsub",
        "lacks": [
            {
                "need": "eta",
                "title": "ETA",
                "instead": "hold it back",
                "places": ["a.py:17:4", "b.py:2001:1"],
            }
        ],
    },
}
MOVES = [
    {"stored": 98765, "there": 432, "refused": 7},
    {"stored": 0, "there": 0, "refused": 0},
]
COMPARISON = {
    "same": False,
    "tasks_in_a": 100000,
    "tasks_in_b": 99998,
    "differences": {
        "only_in_a": {"count": 2, "examples": ["q/a-31", f"q/{EVIL}"]},
        "payload": {"count": 1500, "examples": ["q/c"]},
    },
    "sha256_of_a": "ab" * 32,
    "sha256_of_b": "cd" * 32,
}
REHEARSAL = {
    "good": True,
    "seconds": 3628.5,
    "stored": 1438,
    "worked": 1439,
    "lost": [],
    "lost_count": 0,
    "doubled": ["t-9"],
    "doubled_count": 5,
    "left_old": 3,
    "left_new": 4,
    "faults": 218,
    "refused": 21,
    "deaths": 11,
    "lost_leases": 6,
    "counters": {"copied": 552, "leased_new": 699, "copy_owed": 0},
}


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.attributes = []
        self.texts = []
        self._open = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self):
        return "\n".join(self.texts)


@pytest.fixture
def reported(tq, tmp_path):
    def reported(*, scan=None, moves=(), comparisons=(), rehearsal=None, title="Our move"):
        arguments = []
        for option, members in (
            ("--scan", scan),
            *(("--move", each) for each in moves),
            *(("--verify", each) for each in comparisons),
            ("--rehearsal", rehearsal),
        ):
            if members is not None:
                path = tmp_path / f"input-{len(arguments)}.json"
                path.write_text(json.dumps(members))
                arguments += [option, str(path)]
        out = tmp_path / "report.html"
        done = tq("migrate", "report", *arguments, "--title", title, "--out", str(out))
        return done, out.read_text(encoding="utf-8") if out.exists() else ""

    return reported


@pytest.fixture
def page(reported):
    done, text = reported(
        scan=SCAN, moves=MOVES, comparisons=[COMPARISON], rehearsal=REHEARSAL, title=EVIL
    )
    assert (done.code, done.err) == (0, "")
    return Page(text)


def numbers_in(value):
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from numbers_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from numbers_in(each)


def numbers_shown(text):
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return {float(each) for each in re.findall(r"\d+(?:\.\d+)?", plain)}


@pytest.mark.parametrize(
    "given", [SCAN, *MOVES, COMPARISON, REHEARSAL], ids=["scan", "move", "none", "verify", "play"]
)
def test_every_number_of_the_inputs_is_there(page, given):
    given = {name: each for name, each in given.items() if name != "version"}

    assert set(numbers_in(given)) - numbers_shown(page.text) == set()


def test_every_text_of_the_inputs_is_there_and_is_text(page):
    assert "script" not in page.elements
    assert page.text.count(EVIL) >= 7
    for text in ("ab" * 32, "cd" * 32, "hold it back", "b.py:2001:1", "other payloads"):
        assert text in page.text


def test_it_loads_nothing(page):
    loading = {"src", "href", "srcset", "data", "action", "background", "poster"}

    assert {name for name, _ in page.attributes} & loading == set()
    assert {"link", "img", "iframe", "object", "embed"} & set(page.elements) == set()


def test_it_has_pictures_a_dark_side_and_a_printed_one(reported):
    _, text = reported(scan=SCAN, moves=MOVES)

    assert Page(text).elements.count("svg") == 4
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert not re.search(r"url\(|@import", text)


def test_what_was_not_given_is_not_mentioned(reported):
    _, text = reported(moves=MOVES[:1])

    headings = re.findall("<h2>(.*?)</h2>", text)
    assert headings == ["What moved"]


def test_without_any_input_there_is_nothing_to_report(reported):
    done, text = reported()

    assert (done.code, text) == (2, "")
    assert "nothing to report" in done.err


def test_an_output_of_another_command_is_refused(reported):
    done, text = reported(scan=MOVES[0])

    assert (done.code, text) == (1, "")
    assert "this is not what `tq migrate scan --format json` prints: it has no findings" in done.err


def test_it_takes_what_the_other_commands_print(tq, queue, reported, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "worker.py").write_text(
        'from googleapiclient.discovery import build\nbuild("taskqueue", "v1beta2")\n'
    )
    queue.insert("x", name="a")

    scan = tq("migrate", "scan", "worker.py", "--format", "json", "--target", "pubsub")
    move = tq("--json", "migrate", "export", "q", "a.jsonl", "--mode", "drain")
    comparison = tq("--json", "migrate", "verify", "a.jsonl", "a.jsonl")
    done, text = reported(
        scan=json.loads(scan.out), moves=move.records, comparisons=comparison.records
    )

    assert (done.code, done.err) == (0, "")
    shown = Page(text).text
    for words in ("worker.py:2:1", "a service of taskqueue is built", "stored: 1", "the same"):
        assert words in shown
