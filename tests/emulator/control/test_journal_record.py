"""What the journal keeps, and what it does not."""

from __future__ import annotations

import threading

import pytest

from emulator.control.journal import record
from emulator.control.journal.record import Journal
from emulator.rest.envelope import Envelope
from emulator.rest.messages import Request, Response
from tests.emulator.control.journaled import JOURNAL, TASKS, journaled


@pytest.fixture
def server():
    with journaled() as opened:
        yield opened


def test_the_oldest_entries_make_room_for_new_ones():
    journal = a_journal(size=2)
    for path in ("/a", "/b", "/c"):
        journal.record(a_request(path), Response(200, ()), 1)

    assert paths(journal) == ["/b", "/c"]


def test_the_oldest_bodies_make_room_for_new_ones(monkeypatch):
    monkeypatch.setattr(record, "MOST_BYTES", 250)
    journal = a_journal()
    for path in ("/a", "/b", "/c"):
        journal.record(a_request(path, bytes(60)), Response(200, (), bytes(20)), 1)

    assert paths(journal) == ["/b", "/c"]


def test_an_entry_that_is_too_large_does_not_drive_out_the_others(monkeypatch):
    monkeypatch.setattr(record, "MOST_BYTES_OF_ENTRY", 100_000)
    journal = a_journal()
    journal.record(a_request("/a"), Response(200, ()), 1)

    journal.record(a_request("/b", bytes(99_999)), Response(200, (), bytes(2)), 1)

    assert paths(journal) == ["/a", "/b"]
    assert [each.note for each in journal.entries()] == [None, "the bodies were too large to keep"]
    assert journal.entries()[1].request.body == b""


def test_what_comes_while_nobody_looks_is_there_for_whoever_looks_then():
    journal = a_journal()
    for count in range(1, 40):
        journal.record(a_request(f"/{count}"), Response(200, ()), 1)

        assert paths(journal)[-1] == f"/{count}"
        assert journal.last == count


def test_what_was_cleared_leaves_all_its_room(monkeypatch):
    monkeypatch.setattr(record, "MOST_BYTES", 250)
    journal = a_journal()
    journal.record(a_request("/a", bytes(150)), Response(200, ()), 1)

    journal.clear()
    journal.record(a_request("/b", bytes(150)), Response(200, ()), 1)

    assert [each.sequence for each in journal.entries()] == [2]


def test_a_journal_of_no_size_looks_at_nothing():
    journal = a_journal(size=0)

    journal.record(None, None, 1)

    assert journal.entries() == []


def test_what_is_kept_is_all_that_tells_what_an_entry_means():
    journal = a_journal()
    headers = {"authorization": "Bearer t", "content-encoding": "gzip", "user-agent": "test"}
    request = Request("POST", "/a", "x=1", headers, b"in")
    response = Response(400, (("x-taskqueue-error", "UNKNOWN_TASK"),), b"out")

    journal.record(request, response, 5)

    (entry,) = journal.entries()
    assert (entry.sequence, entry.at, entry.response) == (1, 5, response)
    assert entry.request == Request(
        "POST", "/a", "x=1", {"authorization": "Bearer t", "content-encoding": "gzip"}, b"in"
    )


def test_answers_of_a_second_share_the_headers_that_are_kept():
    envelope, request = Envelope(), Request("POST", "/a", "", {}, b"")
    answers = [Response(200, (("content-type", "text/plain"),), body) for body in (b"a", b"b")]

    first, second = (envelope.seal(request, each, 1_000_000) for each in answers)

    assert first.headers is second.headers


def test_an_entry_that_was_looked_at_is_not_made_again():
    journal = a_journal(size=2)
    for path in ("/a", "/b", "/c"):
        journal.record(a_request(path), Response(200, ()), 1)
    third = journal.entries()[1]

    journal.record(a_request("/d"), Response(200, ()), 1)

    assert journal.entries()[0] is third


def test_a_path_that_is_no_unicode_is_kept_as_it_is_shown(server):
    server.send("GET", "%ff")

    assert server.latest()["path"] == f"{TASKS}/\\udcff"


def test_threads_that_record_at_once_lose_nothing():
    journal = a_journal(size=10_000)

    def work():
        for _ in range(500):
            journal.record(a_request("/a"), Response(200, ()), 1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [each.sequence for each in journal.entries()] == list(range(1, 2_001))


def test_a_fault_is_kept_with_the_request_that_it_spoiled():
    journal = a_journal()

    journal.record(a_request("/a"), Response(503, (("x-taskqueue-fault", "f1"),)), 1)

    assert journal.entries()[0].fault == "f1"


@pytest.mark.parametrize(
    ("verb", "target"),
    [
        ("GET", "/_emulator/v1/clock"),
        ("GET", "/_emulator/v1/journal/nothing"),
        ("OPTIONS", "/_emulator/v1/clock"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/discovery/v1/apis"),
        ("GET", "/discovery/v1/apis/none/v1/rest"),
        ("POST", "/token"),
        ("GET", "/computeMetadata/v1/"),
    ],
)
def test_what_is_not_the_api_is_not_recorded(server, verb, target):
    server.send(verb, target)

    assert server.entries() == []


@pytest.mark.parametrize(
    ("verb", "target", "status"),
    [
        ("GET", "", 200),
        ("HEAD", "", 200),
        ("OPTIONS", "", 204),
        ("GET", "missing", 404),
        ("GET", "/nowhere", 404),
        ("POST", "lease?numTasks=x&leaseSecs=1", 400),
        ("POST", "/batch", 400),
    ],
)
def test_the_api_and_what_nobody_answers_are_recorded(server, verb, target, status):
    server.send(verb, target)

    assert [each["status"] for each in server.entries()] == [status]


def test_a_request_that_the_guard_turned_away_is_recorded_without_its_body():
    with journaled(allowed_hosts=()) as server:
        server.send("POST", "/token", b"client_secret=hush", host="evil.example")
        entry = server.latest()

    assert (entry["path"], entry["status"]) == ("/token", 403)
    assert "requestBody" not in entry


def test_what_an_answer_was_before_it_was_packed_is_recorded(server):
    server.insert("a")
    server.send("GET", "a", accept_encoding="gzip", user_agent="test (gzip)")

    assert '"id": "a"' in server.latest()["responseBody"]


def test_a_packed_request_is_shown_unpacked(server):
    import gzip

    body = gzip.compress(b'{"id": "a", "payloadBase64": ""}')
    server.send("POST", "", body, content_encoding="gzip", content_type="application/json")

    entry = server.latest()
    assert entry["tasks"] == ["a"]
    assert entry["requestBody"] == '{"id": "a", "payloadBase64": ""}'


def test_an_unchanged_answer_is_recorded_as_such(server):
    tag = dict(server.send("GET", "").headers)["etag"]

    server.send("GET", "", if_none_match=tag)

    assert server.latest()["status"] == 304


def test_a_body_that_is_too_large_to_read_is_noted():
    with journaled() as server:
        server.send("POST", "", bytes((2 << 20) + 1))
        entry = server.latest()

    assert entry["status"] == 413
    assert entry["requestBody"] == "(the request's body was larger than the server reads)"


def test_the_parts_of_a_batch_are_entries_and_the_batch_holds_no_bodies(server):
    server.send("POST", "/batch", a_batch("a", "b"), content_type="multipart/mixed; boundary=x")

    entries = server.entries()
    assert [each.get("tasks") for each in entries] == [None, ["b"], ["a"]]
    batch = server.latest()
    assert batch["path"] == "/batch"
    assert batch["requestBody"] == "(a batch: its parts are entries of their own)"
    assert batch["status"] == 200


def test_a_batch_that_is_none_has_its_body(server):
    server.send("POST", "/batch", b"no batch", content_type="multipart/mixed; boundary=x")

    assert server.latest()["requestBody"] == "no batch"


def test_without_control_nothing_is_told_of_requests():
    from emulator.config import Settings
    from emulator.service import open_service

    service = open_service(Settings())

    assert service.door._tap is None
    service.store.close()


def test_a_journal_can_be_begun_small(server):
    with journaled(journal=1) as server:
        server.insert("a")
        server.insert("b")

        assert [each["tasks"] for each in server.entries()] == [["b"]]
        assert server.asked(JOURNAL)["size"] == 1


def a_batch(*names):
    parts = [
        "--x\r\nContent-Type: application/http\r\n\r\n"
        f"POST {TASKS} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        f'{{"id": "{name}", "payloadBase64": ""}}\r\n'
        for name in names
    ]
    return "".join([*parts, "--x--\r\n"]).encode()


def a_journal(*, size=1_000):
    return Journal(size=size)


def a_request(path, body=b""):
    return Request("GET", path, "", {}, body)


def paths(journal):
    return [each.request.path for each in journal.entries()]
