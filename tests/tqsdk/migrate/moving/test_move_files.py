from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from discovery import jsonl
from tests.tqsdk.migrate.moving.records import a_record
from tqsdk.migrate.moving.files import FileSource, FileTarget, opened
from tqsdk.migrate.moving.model import MoveError
from tqsdk.testing import VirtualClock

SUFFIXES = ["jsonl", "jsonl.zst"]


def a_target(path, mark=None):
    target = FileTarget(Path(path), clock=VirtualClock())
    target.resume(mark)
    return target


def written(path, *names, batch=2):
    """A whole file of tasks."""
    target = a_target(path)
    for begin in range(0, len(names), batch):
        target.put([a_record(name) for name in names[begin : begin + batch]], again=False)
    target.finish()
    target.close()


def names_in(path):
    with opened(path) as records:
        return [each.name for each in records]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_has_what_was_put(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    task = a_record("a", payload=b"\0\xff", tag="r\u00f6d", eta=5, eta_given=True, retry_count=3)

    target = a_target(path)
    target.put([task], again=False)
    target.finish()
    target.close()

    with opened(path) as records:
        assert list(records) == [task]


def test_a_file_of_nothing_is_whole(tmp_path):
    written(tmp_path / "a.jsonl")

    assert names_in(tmp_path / "a.jsonl") == []


def test_a_file_that_is_there_is_not_touched(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"mine")

    with pytest.raises(MoveError, match="is there already, and the ledger of its export is not"):
        a_target(path)

    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_was_torn_anywhere_after_its_mark_is_mended(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    target = a_target(path)
    target.put([a_record("a"), a_record("b")], again=False)
    mark = target.mark()
    target.put([a_record("c"), a_record("d")], again=False)
    target.finish()
    target.close()
    whole = path.read_bytes()

    chance = random.Random(7)
    for end in [int(mark), len(whole), *chance.sample(range(int(mark), len(whole)), 12)]:
        path.write_bytes(whole[:end])
        again = a_target(path, mark)
        again.put([a_record("c"), a_record("d")], again=True)
        again.finish()
        again.close()

        assert names_in(path) == ["a", "b", "c", "d"]


def test_a_file_of_which_only_a_first_batch_was_begun_is_begun_anew(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"format":"taskqueue-jso')

    target = a_target(path, mark="")
    target.put([a_record("a")], again=True)
    target.finish()
    target.close()

    assert names_in(path) == ["a"]


def test_a_file_that_lost_what_was_on_the_ledger_is_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"12345")

    with pytest.raises(MoveError, match="shorter than it was"):
        a_target(path, mark="6")


def test_each_batch_is_on_the_disk_when_it_is_put(tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    lines = []
    monkeypatch.setattr("os.fsync", lambda number: lines.append(path.read_bytes().count(b"\n")))

    written(path, "a", "b", "c")

    # The first is the folder's, for the name of the file.
    assert lines == [0, 3, 4, 5]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_batches_begin_after_the_last_that_is_done(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    written(path, *"abcde")
    source = FileSource(path, batch=2)

    first, *_ = source.batches(None)
    rest = list(source.batches(first.place))

    assert [[each.name for each in batch.records] for batch in rest] == [["c", "d"], ["e"]]
    assert source.again(rest[0].place) == rest[0]
    assert source.total() == 5


def test_large_payloads_make_small_batches(tmp_path):
    path = tmp_path / "a.jsonl"
    target = a_target(path)
    target.put([a_record(name, payload=b"x" * 30) for name in "abc"], again=False)
    target.finish()
    target.close()

    batches = FileSource(path, batch=100, batch_bytes=40).batches(None)

    assert [len(batch.records) for batch in batches] == [2, 1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_half_a_file_is_not_begun(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    written(path, *"abc")
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(MoveError, match="cut off"):
        FileSource(path, batch=2)


def test_tasks_without_a_name_get_the_same_one_each_time(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"format": "taskqueue-jsonl", "version": 1, "project": "p", "queue": "q",'
        ' "trailer": false}\n{"payload": "x"}\n{"payload": "x"}\n'
    )

    first, second = names_in(path), names_in(path)

    assert first == second
    assert len(set(first)) == 2


def test_lines_that_are_no_tasks_are_counted_and_left(tmp_path):
    path = tmp_path / "a.jsonl"
    tombstone = jsonl.TombstoneLine(project="p", queue="q", name="gone", until=1)
    header = jsonl.Header()
    path.write_bytes(b"".join(jsonl.write(header, [a_record("a"), tombstone])))

    source = FileSource(path, batch=2)

    assert [len(batch.records) for batch in source.batches(None)] == [1]
    assert source.finish() == "1 lines that are no tasks, but tombstones or the like, stay behind"


def test_a_preview_reads_and_changes_nothing(tmp_path):
    written(tmp_path / "a.jsonl", *"ab")

    records = list(FileSource(tmp_path / "a.jsonl", batch=1).preview())

    assert records == [a_record("a"), a_record("b")]


def test_what_reads_compressed_files_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)

    with pytest.raises(MoveError, match=r"pip install 'taskqueue-sdk\[migrate\]'"):
        FileTarget(tmp_path / "a.jsonl.zst", clock=VirtualClock())
