from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.tqsdk.batches import answering
from tqsdk import AmbiguousResultError, ConnectError
from tqsdk.testing import answer, refusal


def payloads(queue):
    return [lease.payload for lease in queue.lease(max_tasks=100)]


def test_each_argument_is_a_task_and_its_name_is_printed(tq, queue):
    done = tq("tasks", "insert", "q", "one", "two")

    assert done.lines == [task.name for task in queue.list()]
    assert payloads(queue) == [b"one", b"two"]


def test_arguments_may_be_files_whose_bytes_are_the_payload(tq, queue, tmp_path):
    (tmp_path / "f").write_bytes(b"\x00\xff\n")

    tq("tasks", "insert", "q", f"@{tmp_path / 'f'}", "@@text", "f")

    assert payloads(queue) == [b"\x00\xff\n", b"@text", b"f"]


def test_arguments_that_are_not_utf8_keep_their_bytes(tq, queue):
    tq("tasks", "insert", "q", "caf\udce9")

    assert payloads(queue) == [b"caf\xe9"]


def test_each_line_of_standard_input_is_a_task_be_it_empty(tq, queue):
    done = tq("tasks", "insert", "q", stdin=b"one\n\ntwo\r\n\xff\nno end")

    assert len(done.lines) == 5
    assert payloads(queue) == [b"one", b"", b"two", b"\xff", b"no end"]


def test_a_dash_alone_is_standard_input(tq, queue):
    tq("tasks", "insert", "q", "-", stdin=b"one\ntwo\n")

    assert payloads(queue) == [b"one", b"two"]


def test_a_dash_beside_others_is_refused(tq, queue):
    done = tq("tasks", "insert", "q", "0", "-", stdin=b"one\n")

    assert done.code == 2
    assert "stands alone" in done.err
    assert payloads(queue) == []


def test_files_are_read_in_the_order_given_after_the_arguments(tq, queue, tmp_path):
    (tmp_path / "a").write_text("1\n2\n")

    tq("tasks", "insert", "q", "0", "--file", str(tmp_path / "a"), "--file", "-", stdin="3\n")

    assert payloads(queue) == [b"0", b"1", b"2", b"3"]


def test_json_lines_say_all_of_a_task(tq, queue, clock):
    lines = [
        {"payload": "na\u00efve", "name": "a", "tag": "red", "eta": "2026-01-01T01:00:00Z"},
        {"payload_base64": "_w==", "tag": None},
    ]

    tq("tasks", "insert", "q", "--jsonl", stdin="\n\n".join(map(json.dumps, lines)))

    a = queue.get("a")
    assert (a.text(), a.tag, a.eta) == ("na\u00efve", "red", clock.now() + timedelta(hours=1))
    assert payloads(queue) == [b"\xff"]


def test_what_tq_prints_of_a_task_can_be_inserted_again(tq, queue):
    queue.insert(b"hello", name="a", tag="red", eta=datetime(2026, 1, 1, 2, tzinfo=UTC))
    printed = tq("tasks", "get", "q", "a", "--json").out

    done = tq("tasks", "insert", "q2", "--jsonl", "--json", stdin=printed)

    assert done.records[0] | {"queue": "q", "project": "s~p"} == {
        key: value for key, value in json.loads(printed).items() if key != "payload"
    } | {"deduplicated": False}


def test_the_options_hold_for_all_that_say_nothing_themselves(tq, queue, clock):
    lines = b'{"payload": "1"}\n{"payload": "2", "tag": "blue", "eta": "2026-01-01T00:00:05+00:00"}'

    tq("tasks", "insert", "q", "--jsonl", "--tag", "red", "--delay", "60", stdin=lines)

    assert [(task.tag, (task.eta - clock.now()).seconds) for task in queue.list()] == [
        ("blue", 5),
        ("red", 60),
    ]


def test_name_and_eta_can_be_given(tq, queue):
    tq("tasks", "insert", "q", "x", "--name", "a", "--eta", "2026-01-01T01:00:00+01:00")

    assert queue.get("a").eta == datetime(2026, 1, 1, tzinfo=UTC)


def test_without_dedupe_the_server_names_the_task(tq):
    assert len(tq("tasks", "insert", "q", "x", "--no-dedupe").lines[0]) == 16


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"payload": 1}', "payload is not text"),
        ('{"name": "a"}', "a task has a payload"),
        ('{"payload": "", "payload_base64": ""}', "not both"),
        ('{"payload_base64": "!"}', "not base64"),
        ('{"payload": "\\ud800"}', "surrogates not allowed"),
        ('{"payload": "", "colour": "red"}', "'colour' is no member of a task"),
        ('{"payload": "", "eta": "soon"}', "'soon' is no time"),
        ('{"payload": "", "eta": "2026-01-01"}', "has no time zone"),
    ],
)
def test_a_line_that_is_no_task_ends_the_work_and_is_named(tq, queue, line, problem):
    lines = f'{{"payload": "good"}}\n\n{line}\n{{"payload": "later"}}\n'

    done = tq("tasks", "insert", "q", "--jsonl", stdin=lines)

    assert done.code == 2
    assert done.err.startswith("tq: standard input, line 3: ")
    assert problem in done.err
    assert payloads(queue) == [b"good"]


def test_a_task_that_is_refused_is_named_and_the_others_are_stored(tq, queue):
    done = tq("tasks", "insert", "q", stdin=b"1\n" + b"x" * (2**20 + 1) + b"\n3\n")

    assert done.code == 2
    assert done.err.startswith("tq: standard input, line 2: payload is 1,048,577 bytes")
    assert payloads(queue) == [b"1", b"3"]


def test_the_code_is_that_of_the_first_failure(tq):
    taken = refusal(400, "taken", code="TASK_ALREADY_EXISTS")
    tq.scripted(answering(taken, refusal(400, "bad")))

    done = tq("tasks", "insert", "q", "1", "2")

    assert done.code == 5
    assert ["400 taken" in line for line in done.err.splitlines()] == [True, False]


def test_a_server_that_is_gone_ends_the_work_at_once(tq):
    tq.scripted(*[ConnectError("refused")] * 20)

    done = tq("tasks", "insert", "q", "1", "2")

    assert (done.code, done.lines) == (8, [])
    assert done.err.count("\n") == 1


def test_every_insert_in_doubt_can_be_repeated_under_its_name(tq):
    script = tq.scripted(*[AmbiguousResultError("cut off")] * 20)

    done = tq("tasks", "insert", "q", "1", "2")

    assert (done.code, done.lines) == (9, [])
    names = {each.partition("--name ")[2][:32] for each in done.err.splitlines()}
    assert {name.encode() in script.requests[0].body for name in names} == {True}
    assert len(names) == 2


def test_a_hundred_lines_are_one_request(tq, queue):
    sent = []
    transport = tq.transport

    class Counting:
        def send(self, request, timeout):
            sent.append(request)
            return transport.send(request, timeout)

    tq.transport = Counting()
    numbers = [b"%d" % number for number in range(250)]

    done = tq("tasks", "insert", "q", stdin=b"\n".join([*numbers, b""]))

    assert len(sent) == 3
    assert payloads(queue) == numbers[:100]
    assert len(done.lines) == 250


def test_no_line_waits_for_the_next(tq, queue):
    pieces = iter([b"one\ntw", b"o\n", b"thr", b"ee"])
    stored = []

    class Slow(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            stored.append(queue.stats().total_tasks)
            piece = next(pieces, b"")
            buffer[: len(piece)] = piece
            return len(piece)

    tq("tasks", "insert", "q", stdin=io.BufferedReader(Slow()))

    assert stored == [0, 1, 2, 2, 2]
    assert payloads(queue) == [b"one", b"two", b"three"]


def test_what_was_stored_beside_a_failure_that_ends_the_work_is_printed(tq, a_task):
    allowed, refused = answer(a_task()), refusal(403, "no")
    script = tq.scripted(answering(allowed, refused, *[allowed] * 98))

    done = tq("tasks", "insert", "q", *"x" * 101)

    assert (done.code, done.lines) == (7, ["t1"] * 99)
    assert done.err.count("\n") == 1
    assert len(script.requests) == 1


def test_an_insert_whose_answer_is_lost_is_repeated_under_its_name(tq, a_task):
    script = tq.scripted(
        AmbiguousResultError("cut off"), lambda request: answer(sent_task(request))
    )

    def sent_task(request):
        return a_task(id=json.loads(request.body)["id"])

    done = tq("tasks", "insert", "q", "x")

    first, second = (json.loads(request.body)["id"] for request in script.requests)
    assert done.lines == [first] == [second]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("a", "b", "--name", "n"), "give one PAYLOAD"),
        (("--name", "n", "--file", "-"), "give one PAYLOAD"),
        (("a", "--eta", "2026-01-01T00:00:00Z", "--delay", "1"), "--eta or --delay"),
        (("a", "--eta", "tomorrow"), "'tomorrow' is no time"),
        (("a", "--name", "n o"), "name must be"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_before_anything_is_sent(tq, arguments, problem):
    script = tq.scripted()

    done = tq("tasks", "insert", "q", *arguments)

    assert done.code == 2
    assert problem in done.err
    assert script.requests == []


def test_a_file_that_is_not_there_is_named(tq):
    done = tq("tasks", "insert", "q", "@nowhere")

    assert (done.code, done.err) == (1, "tq: nowhere: No such file or directory\n")
