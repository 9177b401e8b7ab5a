from __future__ import annotations

import json
import os

import pytest

from tests.tqsdk.cli.conftest import Tq
from tqsdk import ConnectError
from tqsdk.cli import sink
from tqsdk.testing import refusal


@pytest.fixture
def full(queue):
    """The queue, with three tasks in it."""
    for name in "abc":
        queue.insert(f"payload of {name}", name=name)
    return queue


def test_drain_prints_each_payload_and_leaves_nothing(tq, full):
    done = tq("drain", "q", "--batch", "2")

    assert done.lines == ["payload of a", "payload of b", "payload of c"]
    assert full.list() == []
    assert (done.code, done.err, tq.clock.sleeps) == (0, "", [])


def test_drained_records_can_be_inserted_elsewhere(tq, full, queue):
    queue.insert(b"\xff\n", name="d", tag="red")

    drained = tq("drain", "q", "--json").out
    tq("tasks", "insert", "q2", "--jsonl", stdin=drained)

    copied = tq("tasks", "get", "q2", *"abcd", "--json").records
    assert [record["name"] for record in copied] == list("abcd")
    assert copied[3]["payload_base64"] == "_wo="
    assert {record["lease_token"] for record in copied} == {0}


def test_a_file_is_appended_to(tq, full, tmp_path):
    file = tmp_path / "out"
    file.write_bytes(b"before\n")

    done = tq("drain", "q", "--output", str(file))

    assert done.out == b""
    assert file.read_bytes() == b"before\npayload of a\npayload of b\npayload of c\n"


def test_a_file_that_ends_within_a_line_is_not_touched(tq, full, tmp_path):
    file = tmp_path / "out"
    file.write_bytes(b"whole\ncut o")

    done = tq("drain", "q", "--output", str(file))

    assert done.code == 1
    assert "does not end with a line break" in done.err
    assert file.read_bytes() == b"whole\ncut o"
    assert len(full.lease(max_tasks=9)) == 3


def deletes(request):
    """Whether it deletes a task, or several."""
    return request.method == "DELETE" or b"\nDELETE " in (request.body or b"")


def test_each_task_is_on_the_disk_before_it_is_deleted(tq, full, tmp_path, monkeypatch):
    file = tmp_path / "out"
    events = []
    monkeypatch.setattr(os, "fsync", lambda number: events.append(file.read_bytes().count(b"\n")))
    send = tq.transport.send

    def spy(request, timeout):
        if deletes(request):
            events.append("delete")
        return send(request, timeout)

    monkeypatch.setattr(tq.transport, "send", spy)

    tq("drain", "q", "--output", str(file), "--batch", "2")

    # The first is the folder's, for the name of the new file.
    assert events == [0, 2, "delete", 3, "delete"]


def test_a_full_disk_leaves_whole_lines_and_every_other_task(tq, full, tmp_path, monkeypatch):
    file = tmp_path / "out"
    limit_writes(monkeypatch, len("payload of a\npayload of b\npaylo"))

    done = tq("drain", "q", "--output", str(file), "--batch", "2")

    assert (done.code, done.err) == (1, f"tq: {file}: No space left on device\n")
    assert file.read_bytes() == b"payload of a\npayload of b\n"
    assert [lease.name for lease in full.lease(max_tasks=9)] == ["c"]


def test_a_full_disk_takes_all_that_is_written_together_or_nothing(tq, full, tmp_path, monkeypatch):
    file = tmp_path / "out"
    limit_writes(monkeypatch, len("payload of a\npaylo"))

    done = tq("drain", "q", "--output", str(file))

    assert (done.code, file.read_bytes()) == (1, b"")
    assert len(full.lease(max_tasks=9)) == 3


def limit_writes(monkeypatch, size):
    """From here on a disk takes *size* bytes, be it in the middle of a line."""
    left = size
    real = sink.io.FileIO

    class Full(real):
        def write(self, data):
            nonlocal left
            if not left:
                raise OSError(28, "No space left on device")
            taken = real.write(self, data[:left])
            left -= taken
            return taken

    monkeypatch.setattr(sink.io, "FileIO", Full)


def test_a_task_that_cannot_be_deleted_is_not_lost_nor_are_the_others(tq, full):
    transport = tq.transport

    class Failing:
        def send(self, request, timeout):
            if deletes(request):
                raise ConnectError("refused")
            return transport.send(request, timeout)

    done = Tq(Failing(), tq.clock)("drain", "q", "--batch", "2")

    assert (done.code, done.lines) == (8, ["payload of a", "payload of b"])
    assert len(full.lease(max_tasks=9)) == 3


def test_a_payload_that_is_no_line_is_kept_and_named(tq, queue):
    queue.insert("one\ntwo", name="a")

    done = tq("drain", "q")

    assert (done.code, done.out) == (1, b"")
    assert "the payload of task 'a' is more than a line: drain with --json" in done.err
    assert len(queue.lease()) == 1


def test_what_comes_before_a_payload_that_is_no_line_is_drained(tq, full):
    full.insert("one\ntwo", name="d")
    full.insert("later", name="e")

    done = tq("drain", "q")

    assert (done.code, len(done.lines)) == (1, 3)
    assert [lease.name for lease in full.lease(max_tasks=9)] == ["d", "e"]


def test_tasks_that_others_have_are_counted(tq, full):
    full.lease(seconds=60)

    done = tq("drain", "q")

    assert (done.code, len(done.lines)) == (0, 2)
    assert done.err == "tq: 1 left: leased by others, not due yet, or of another tag\n"


def test_one_empty_answer_is_not_believed(tq, full, clock):
    full.lease(max_tasks=3, seconds=1)

    assert len(tq("drain", "q").lines) == 3
    assert clock.sleeps == [1.0]


def test_only_tasks_with_the_tag_are_drained(tq, queue):
    queue.insert("1", tag="red")
    queue.insert("2", tag="blue")

    assert tq("drain", "q", "--tag", "red").lines == ["1"]


def test_tasks_whose_lease_ran_out_while_others_were_written_are_leased_again(
    tq, full, monkeypatch
):
    class Slow:
        def __init__(self):
            self.written = []

        def write(self, lines):
            self.written.append(lines)
            tq.clock.advance(61)

    full.insert_many("more" for _ in range(100))
    slow = Slow()
    monkeypatch.setattr(sink, "StandardOutput", lambda: slow)

    done = tq("drain", "q", "--batch", "103")

    assert done.code == 0
    assert [lines.count(b"\n") for lines in slow.written] == [100, 3]
    assert b"".join(slow.written).count(b"payload of ") == 3
    assert full.list() == []


def test_progress_is_shown_to_who_asks(tq, full):
    assert tq("drain", "q", "--progress").err == "3 drained\n"


def test_a_refused_lease_ends_it(tq):
    tq.scripted(refusal(403, "no", reason="forbidden"))

    assert tq("drain", "q").code == 7


def test_drained_json_is_a_line_each(tq, full):
    assert [json.loads(line)["name"] for line in tq("drain", "q", "--json").lines] == [
        "a",
        "b",
        "c",
    ]
