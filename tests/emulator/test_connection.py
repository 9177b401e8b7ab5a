"""A connection of the event loop's front, byte by byte; the transport and time are ours."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from http.client import HTTPResponse

import pytest

from emulator import connection as connection_module
from emulator import loop_front
from emulator.config import Settings
from emulator.connection import Connection
from emulator.engine.clock import VirtualClock
from emulator.engine.errors import OverloadedError
from emulator.engine.store import Outcome
from emulator.loop_front import LoopFront
from emulator.service import open_service

TASKS = "/taskqueue/v1beta2/projects/s~p/taskqueues/q/tasks"
BODY = b'{"queueName": "q", "id": "%s"}'


class LateStore:
    """Units run when the test says so."""

    def __init__(self, store) -> None:
        self._store = store
        self.waiting: list[tuple[Callable, Callable]] = []
        self.overloaded = False

    def submit(self, work, done) -> None:
        if self.overloaded:
            raise OverloadedError("too much")
        self.waiting.append((work, done))

    def settle(self) -> None:
        """Run all that waits, and answer."""
        waiting, self.waiting = self.waiting, []
        for work, done in waiting:
            done(Outcome(self._store.run(work)))


class Wire(asyncio.Transport):
    """The other end: what the server wrote, and whether it hung up."""

    def __init__(self, connection: Connection, front: LoopFront) -> None:
        super().__init__()
        self._connection, self._front = connection, front
        self.written = bytearray()
        self.closed = self.aborted = self.paused = False
        connection.connection_made(self)

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            for at in range(0, len(piece), len(self._front.buffer)):
                part = piece[at : at + len(self._front.buffer)]
                self._front.buffer[: len(part)] = part
                self._connection.buffer_updated(len(part))

    def answers(self) -> list[tuple[int, dict[str, str], bytes]]:
        """The answers since the last call, heads in lower case."""
        file = _Whole(bytes(self.written))
        self.written.clear()
        found = []
        while file.tell() < len(file.getvalue()):
            response = HTTPResponse(file)  # type: ignore[arg-type]
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            found.append((response.status, headers, response.read()))
        return found

    def statuses(self) -> list[int]:
        return [status for status, _, _ in self.answers()]

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class _Whole(io.BytesIO):
    def makefile(self, mode):
        return self

    def close(self) -> None:
        pass


@pytest.fixture
def service():
    opened = open_service(Settings(store="sqlite://", durability="off"), clock=VirtualClock())
    yield opened
    opened.store.close()


@pytest.fixture
def store(service):
    return LateStore(service.store)


@pytest.fixture
def front(service, store):
    return LoopFront(service.door, store)


@pytest.fixture
def wire(front):
    return Wire(Connection(front), front)


def post(name: str, *, headers: str = "", version: str = "1.1") -> bytes:
    body = BODY % name.encode()
    head = f"POST {TASKS} HTTP/{version}\r\nHost: localhost\r\n{headers}"
    return head.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def message_of(body: bytes) -> str:
    return json.loads(body)["error"]["message"]


def test_a_request_is_answered_when_its_batch_is_on_disk(wire, store):
    wire.send(post("a"))
    assert wire.answers() == []

    store.settle()

    ((status, headers, body),) = wire.answers()
    assert (status, json.loads(body)["id"]) == (200, "a")
    assert headers["content-length"] == str(len(body))
    assert "connection" not in headers
    assert not wire.closed


def test_a_request_may_arrive_byte_by_byte(wire, store):
    wire.send(*(bytes([each]) for each in post("a")))
    store.settle()

    assert wire.statuses() == [200]


def test_requests_sent_ahead_wait_and_are_answered_in_order(wire, store):
    wire.send(post("a") + post("b") + b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert len(store.waiting) == 1
    assert wire.paused

    store.settle()
    store.settle()

    names = [json.loads(body).get("id") for _, _, body in wire.answers()]
    assert names == ["a", "b", None]
    assert not wire.paused


def test_chunks_make_up_a_body(wire, store):
    body = BODY % b"a"
    chunks = b"".join(b"1\r\n%c\r\n" % each for each in body) + b"0\r\n\r\n"
    head = f"POST {TASKS} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    wire.send(head.encode(), chunks)
    store.settle()

    assert wire.statuses() == [200]


def test_who_asks_first_is_told_to_go_on(wire, store):
    head, _, body = post("a", headers="Expect: 100-continue\r\n").partition(b"\r\n\r\n")

    wire.send(head + b"\r\n\r\n")
    assert bytes(wire.written) == b"HTTP/1.1 100 Continue\r\n\r\n"

    wire.send(body)
    store.settle()
    assert wire.written.count(b"HTTP/1.1 200 OK") == 1


def test_nobody_is_told_to_go_on_before_an_earlier_answer(wire, store):
    head, _, body = post("b", headers="Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    wire.send(post("a") + head + b"\r\n\r\n")
    assert not wire.written

    store.settle()
    wire.send(body)
    store.settle()

    assert wire.statuses() == [200, 200]


def test_another_protocol_is_not_spoken_but_the_request_is_answered(wire, store):
    wire.send(post("a", headers="Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"))
    store.settle()

    ((status, headers, body),) = wire.answers()
    assert (status, json.loads(body)["id"]) == (200, "a")
    assert "upgrade" not in headers
    wire.send(post("b"))
    store.settle()
    assert wire.statuses() == [200]


def test_who_wishes_for_another_protocol_and_asks_first_is_told_to_go_on_once(wire):
    head, _, _ = post(
        "a", headers="Upgrade: h2c\r\nConnection: upgrade\r\nExpect: 100-continue\r\n"
    ).partition(b"\r\n\r\n")

    wire.send(head + b"\r\n\r\n")

    assert bytes(wire.written) == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_a_body_after_a_wish_for_another_protocol_may_come_in_pieces(wire, store):
    wire.send(
        *(bytes([each]) for each in post("a", headers="Upgrade: h2c\r\nConnection: upgrade\r\n"))
    )
    store.settle()

    assert wire.statuses() == [200]


@pytest.mark.parametrize(
    ("version", "headers", "shown", "closed"),
    [
        ("1.1", "Connection: close\r\n", "close", True),
        ("1.0", "", "close", True),
        ("1.0", "Connection: keep-alive\r\n", "keep-alive", False),
    ],
)
def test_a_connection_lasts_as_long_as_the_client_asks(
    wire, store, version, headers, shown, closed
):
    wire.send(post("a", headers=headers, version=version))
    store.settle()

    ((status, answered, _),) = wire.answers()
    assert (status, answered["connection"], wire.closed) == (200, shown, closed)


def test_head_and_no_content_have_no_length(wire, store):
    wire.send(post("a"))
    store.settle()
    wire.answers()

    wire.send(f"HEAD {TASKS}/a HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    store.settle()
    head = bytes(wire.written)
    wire.written.clear()
    wire.send(f"DELETE {TASKS}/a HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    store.settle()

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert b"content-length" not in head
    ((status, headers, body),) = wire.answers()
    assert (status, headers.get("content-length"), body) == (204, None, b"")


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", 404, "Not Found"),
        (b"GET /livez HTTP/9.9\r\n\r\n", 400, "Parse Error"),
        (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "Parse Error"),
        (b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n", 400, "Parse Error"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "Parse Error"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "Parse Error"),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            400,
            "Parse Error",
        ),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "Parse Error"),
        (b"BREW / HTTP/1.1\r\n\r\n", 404, "Not Found"),
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", 404, "Not Found"),
        (b"get / HTTP/1.1\r\n\r\n", 404, "Not Found"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414, "The requested URL is too long."),
        (b"GET /" + b"a" * 300_000, 414, "The requested URL is too long."),
        (
            b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 50_000,
            431,
            "The headers of the request are too large.",
        ),
        (
            b"GET / HTTP/1.1\r\na: b\r\nc: " + b"d" * 300_000,
            431,
            "The headers of the request are too large.",
        ),
    ],
)
def test_what_is_no_request_is_refused_as_google_does(wire, sent, status, message):
    wire.send(sent)

    ((answered, headers, body),) = wire.answers()
    assert (answered, message_of(body)) == (status, message)
    assert headers["content-type"] == "application/json; charset=UTF-8"


def test_a_refusal_waits_for_its_turn(wire, store):
    wire.send(post("a") + b"nonsense\r\n\r\n" + post("b"))
    assert wire.answers() == []

    store.settle()

    assert wire.statuses() == [200, 404]


@pytest.mark.parametrize(
    "head", ["Content-Length: 3000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n"]
)
def test_a_body_over_the_cap_is_refused_without_being_kept(wire, front, head):
    wire.send(f"POST {TASKS} HTTP/1.1\r\nHost: localhost\r\n{head}".encode())
    wire.send(*(b"x" * 60_000 for _ in range(50)))

    ((status, headers, _),) = wire.answers()
    assert (status, headers["connection"]) == (413, "close")
    assert front._kept == 0
    # It is left open for a while: who hangs up on unread bytes takes his answer back.
    assert not wire.closed
    front.seconds += 6
    wire._connection.check()
    assert wire.aborted


def test_bodies_together_are_bounded(wire, front, store, monkeypatch):
    monkeypatch.setattr(loop_front, "_MOST_KEPT_BYTES", 2 * len(BODY % b"a"))
    wires = [Wire(Connection(front), front) for _ in range(3)]

    for each, name in zip(wires, "abc", strict=True):
        each.send(post(name))
    ((status, headers, _),) = wires[2].answers()
    store.settle()
    wire.send(post("d"))
    store.settle()

    assert (status, headers["retry-after"]) == (503, "1")
    assert headers["x-taskqueue-error"] == "TRANSIENT_ERROR"
    assert [each.statuses() for each in (*wires[:2], wire)] == [[200], [200], [200]]
    assert front._kept == 0


def test_a_store_that_is_overloaded_says_so(wire, store):
    store.overloaded = True

    wire.send(post("a"))

    ((status, headers, _),) = wire.answers()
    assert (status, headers["retry-after"]) == (503, "1")
    assert not wire.closed


def test_a_client_that_hangs_up_costs_nothing_and_its_task_is_stored(wire, front, store, service):
    wire.send(post("a") + post("b"))
    wire._connection.connection_lost(None)

    store.settle()

    assert wire.answers() == []
    assert front._kept == 0
    assert not front.connections
    assert not store.waiting


def test_a_client_that_only_says_that_it_has_said_all_gets_its_answer(wire, store):
    wire.send(post("a"))

    assert wire._connection.eof_received() is True
    store.settle()

    assert wire.statuses() == [200]
    assert wire.closed


def test_what_never_comes_is_not_kept_for_a_client_whose_leaving_would_not_be_noticed(front, store):
    connection = Connection(front)
    wire = Wire(connection, front)
    wire.send(post("a"))
    connection.eof_received()

    connection.withhold()

    assert wire.aborted


def test_who_waits_for_what_never_comes_is_not_hung_up_on_and_not_listened_to(front, store):
    connection = Connection(front)
    wire = Wire(connection, front)
    wire.send(post("a") + post("b"))
    connection.withhold()
    front.seconds += 1_000_000

    connection.check()
    wire.send(post("c"))

    assert not wire.aborted
    assert not wire.paused  # or it would not be noticed that the client leaves
    assert len(store.waiting) == 1
    assert front._kept == 0


def test_a_client_that_does_not_read_is_sent_no_more(wire, front, store):
    wire._connection.pause_writing()
    wire.send(post("a"))
    assert not store.waiting

    wire._connection.resume_writing()
    store.settle()

    assert wire.statuses() == [200]


@pytest.mark.parametrize(
    ("begin", "patience"),
    [
        (lambda wire: None, 75),
        (lambda wire: wire.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"), 75),
        (lambda wire: wire.send(b"GET /li"), 30),
        (lambda wire: wire.send(post("a")[:-3]), 30),
        (lambda wire: wire._connection.pause_writing(), 60),
    ],
    ids=["silent", "idle", "in a head", "in a body", "not reading"],
)
def test_a_client_that_takes_too_long_is_hung_up_on(wire, front, begin, patience):
    begin(wire)

    front.seconds += patience
    wire._connection.check()
    assert not wire.aborted

    front.seconds += 1
    wire._connection.check()
    assert wire.aborted


def test_a_head_that_trickles_in_is_hung_up_on(wire, front):
    wire.send(b"GET / HTTP/1.1\r\n")
    for _ in range(31):
        wire.send(b"a")
        front.seconds += 1

    wire._connection.check()

    assert wire.aborted


def test_a_client_that_waits_for_the_store_is_not_hung_up_on(wire, front, store):
    wire.send(post("a"))

    front.seconds += 10_000
    wire._connection.check()
    store.settle()

    assert not wire.aborted
    assert wire.statuses() == [200]


def test_finishing_answers_what_was_taken_and_hangs_up(wire, front, store):
    idle = Wire(Connection(front), front)
    wire.send(post("a") + post("b"))

    for each in list(front.connections):
        each.finish()
    assert (idle.closed, wire.closed) == (True, False)
    store.settle()

    ((status, headers, _),) = wire.answers()
    assert (status, headers["connection"]) == (200, "close")
    assert wire.closed
    assert not store.waiting


def test_targets_may_be_whole_urls():
    assert connection_module._split(b"http://h:1/a%2Fb/%FF?q=%20") == ("/a/b/\udcff", "q=%20")
    assert connection_module._split(b"*") == ("*", "")
    assert connection_module._split(b"http://h") == ("/", "")
