"""The journal as server-sent events."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from emulator.control.journal.filter import Filter
from emulator.control.journal.record import Journal
from emulator.control.journal.stream import events
from emulator.control.journal.view import View
from emulator.engine.clock import VirtualClock
from emulator.rest.messages import Request, Response
from tests.durability.process import ServerProcess
from tests.emulator.control.journaled import JOURNAL, TASKS

STREAM = f"{JOURNAL}/stream"


@pytest.fixture
def journal():
    return Journal(size=3)


def test_entries_come_with_their_numbers_on_one_line(journal):
    stream = opened(journal)
    recorded(journal, "/a")

    assert next(stream).startswith(b'id: 1\ndata: {"sequence":"1",')


def test_a_stream_begins_after_what_was_heard(journal):
    recorded(journal, "/a", "/b", "/c")

    assert ids(next(opened(journal, after=1))) == ["2", "3"]


def test_only_what_fits_comes(journal):
    stream = opened(journal, Filter(text="/c"))
    recorded(journal, "/a", "/b", "/c")

    assert ids(next(stream)) == ["3"]


def test_what_is_gone_is_counted(journal):
    recorded(journal, "/a", "/b", "/c", "/d", "/e")
    chunk = next(opened(journal))

    assert chunk.startswith(b'event: lost\nid: 2\ndata: {"entries":2}\n\n')
    assert ids(chunk) == ["2", "3", "4", "5"]


def test_what_was_cleared_is_gone_too(journal):
    recorded(journal, "/a", "/b")
    journal.clear()
    recorded(journal, "/c")

    assert ids(next(opened(journal))) == ["2", "3"]


def test_a_reader_who_does_not_read_makes_nobody_keep_anything(journal):
    stream = opened(journal)
    recorded(journal, *("/a" for _ in range(1_000)))

    assert len(journal.entries()) == 3
    assert next(stream).startswith(b"event: lost\nid: 997\n")


def test_of_many_entries_so_many_come_at_a_time(journal):
    journal.resize(1_000)
    recorded(journal, *("/a" for _ in range(250)))
    stream = opened(journal)

    assert [len(ids(next(stream))) for _ in range(3)] == [100, 100, 50]


def test_silence_is_broken_so_that_clients_that_are_gone_are_noticed(journal):
    stream = opened(journal, silence=0)

    assert next(stream) == b": still here\n\n"


def test_silence_is_broken_also_while_nothing_fits(journal):
    recorded(journal, "/a")

    assert next(opened(journal, Filter(text="/b"), silence=0)) == b": still here\n\n"


def test_who_waits_is_woken(journal):
    heard = []
    listening = threading.Event()

    class Noticed(threading.Condition):
        def wait(self, timeout=None):
            listening.set()
            return super().wait(timeout)

    journal._changed = Noticed(journal._lock)
    stream = opened(journal)
    thread = threading.Thread(target=lambda: heard.append(next(stream)))
    thread.start()
    assert listening.wait(10)

    recorded(journal, "/a")
    thread.join(10)

    assert ids(heard[0]) == ["1"]


def test_nobody_is_notified_while_nobody_listens(journal, monkeypatch):
    def notify_all():
        raise AssertionError("notified")

    monkeypatch.setattr(journal._changed, "notify_all", notify_all)

    recorded(journal, "/a")

    assert len(journal.entries()) == 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    process = ServerProcess(folder, "--store", "sqlite://", "--control")
    yield process
    process.kill()


def test_entries_come_over_a_socket_as_they_are_made(server):
    with closing(listener(server)) as stream:
        answer = listen(stream, "method=insert")
        assert answer.getheader("content-type") == "text/event-stream; charset=UTF-8"
        assert answer.readline() == b": the journal\n"

        insert(server, "a")
        insert(server, "b")

        assert [entry["tasks"] for entry in (heard(answer), heard(answer))] == [["a"], ["b"]]


def test_a_stream_goes_on_after_the_event_that_was_heard_last(server):
    insert(server, "c")
    with closing(listener(server)) as stream:
        first = heard(listen(stream, "after=0&task=c"))
    insert(server, "d")
    with closing(listener(server)) as stream:
        second = heard(listen(stream, "after=0", {"Last-Event-ID": first["sequence"]}))

    assert second["tasks"] == ["d"]


def test_a_number_of_an_earlier_server_is_begun_anew(server):
    insert(server, "e")
    with closing(listener(server)) as stream:
        assert heard(listen(stream, "", {"Last-Event-ID": "123456789"}))["sequence"] == "1"


def test_an_open_stream_does_not_keep_a_server_from_stopping(tmp_path):
    server = ServerProcess(tmp_path, "--store", "sqlite://", "--control")
    with closing(listener(server)) as stream:
        answer = listen(stream, "")
        answer.readline()

        assert server.stop(signal.SIGTERM) == 0
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()


def listener(server):
    return http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port, timeout=10)


def listen(connection, query, headers=()):
    connection.request("GET", f"{STREAM}?{query}", headers=dict(headers))
    answer = connection.getresponse()
    assert answer.status == 200
    return answer


def heard(answer):
    """The next entry."""
    while not (line := answer.readline()).startswith(b"data: "):
        assert line, "the stream has ended"
    return json.loads(line.removeprefix(b"data: "))


def insert(server, name):
    with closing(listener(server)) as connection:
        body = json.dumps({"id": name, "payloadBase64": ""})
        connection.request("POST", TASKS, body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200


def opened(journal, wanted=None, *, after=0, silence=10):
    """A stream whose greeting was read."""
    stream = events(View(journal, VirtualClock()), wanted or Filter(), after, silence=silence)
    assert next(stream).startswith(b":")
    return stream


def recorded(journal, *paths):
    for path in paths:
        journal.record(Request("GET", path, "", {}, b""), Response(404, ()), 1)


def ids(chunk):
    return [
        line.removeprefix(b"id: ").decode() for line in chunk.split(b"\n") if line.startswith(b"id")
    ]
