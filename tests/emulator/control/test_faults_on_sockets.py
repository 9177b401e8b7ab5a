"""Faults as a real connection shows them, byte by byte, on the event loop's front."""

from __future__ import annotations

import http.client
import threading

import pytest

from tests.emulator.control.serving import (
    TASKS,
    head_and_body,
    insert,
    read_all,
    request,
    serving,
)

CLOSE = "Connection: close\r\n"


@pytest.fixture
def server():
    with serving() as served:
        yield served


@pytest.mark.parametrize(("when", "kept"), [("before", False), ("after", True)])
def test_a_cut_connection_is_reset_without_a_byte(server, when, kept):
    server.fault(method="insert", answer="cut", when=when)

    with pytest.raises(ConnectionResetError):
        read_all(server.sent(insert(f"cut-{when}")))

    assert bool(server.stored()) is kept


def test_what_was_sent_ahead_on_a_cut_connection_is_not_done(server):
    server.fault(task="first", answer="cut")

    with pytest.raises(ConnectionResetError):
        read_all(server.sent(insert("first") + insert("second")))

    assert server.stored() == []


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 20)])
def test_withheld_answers_cost_no_thread_and_do_not_hold_up_the_server_that_stops(when, kept):
    with serving() as server:
        fault = server.fault(method="insert", answer="withheld", when=when)
        threads = threading.active_count()

        waiting = [server.sent(insert(f"w{number}")) for number in range(20)]
        server.wait_for_hits(fault, 20)

        assert threading.active_count() == threads
        assert len(server.stored()) == kept
    assert [read_all(each) for each in waiting] == [b""] * 20


def test_a_client_that_waits_in_vain_may_leave(server):
    fault = server.fault(method="insert", answer="withheld")
    waiting = server.sent(insert("a") + insert("sent-ahead"))
    server.wait_for_hits(fault, 1)

    waiting.close()

    assert server.is_left_by_all()
    assert server.stored() == []


def test_half_of_a_truncated_answer_comes_under_the_length_of_the_whole(server):
    server.ask("POST", TASKS, {"queueName": "q", "id": "a", "payloadBase64": "eHg="})
    _, whole = head_and_body(read_all(server.sent(request("GET", f"{TASKS}/a", headers=CLOSE))))
    server.fault(method="get", answer="truncated")

    headers, half = head_and_body(read_all(server.sent(request("GET", f"{TASKS}/a"))))

    assert headers["content-length"] == str(len(whole))
    assert half == whole[: len(whole) // 2]


def test_an_answer_without_a_body_is_truncated_within_its_head(server):
    server.ask("POST", TASKS, {"queueName": "q", "id": "a", "payloadBase64": "eHg="})
    server.fault(method="delete", answer="truncated")

    half = read_all(server.sent(request("DELETE", f"{TASKS}/a")))

    assert half.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"\r\n\r\n" not in half
    assert server.stored() == []


def test_an_error_can_be_truncated_too(server):
    server.fault(method="list", status=500, answer="truncated", when="before")

    headers, half = head_and_body(read_all(server.sent(request("GET", TASKS))))

    assert 0 < len(half) < int(headers["content-length"])


def test_a_slow_answer_comes_in_drops_and_is_whole(server):
    body = {"queueName": "q", "id": "a", "payloadBase64": "eHh4" * 100}
    server.ask("POST", TASKS, body)
    server.fault(method="get", answer="slow", bytesPerSecond=100)

    status, task = server.ask("GET", f"{TASKS}/a")

    assert (status, task["payloadBase64"]) == (200, "eHh4" * 100)
    seconds = [each for each, _ in server.front.late]
    assert seconds[:-1] == [0.1] * (len(seconds) - 1)
    assert 5 < sum(seconds) < 10  # more than 500 bytes


def test_a_client_may_leave_a_slow_answer(server):
    server.front.waits = True
    id = server.fault(method="list", answer="slow", bytesPerSecond=1)
    client = server.sent(request("GET", TASKS))
    server.wait_for_hits(id, 1)
    client.close()

    server.run(server.front.send_what_is_late())

    assert server.is_left_by_all()
    assert len(server.front.late) < 10  # of the answer's bytes: the first that finds nobody


@pytest.mark.parametrize(
    "fault", [{"latency": {"seconds": 3_600}}, {"answer": "slow", "bytesPerSecond": 1}]
)
def test_what_is_late_does_not_hold_up_the_server_that_stops(fault):
    with serving() as server:
        server.front.waits = True
        id = server.fault(method="list", **fault)
        waiting = server.sent(request("GET", TASKS))
        server.wait_for_hits(id, 1)
    assert b"taskqueues#tasks" not in read_all(waiting)


def test_nothing_is_slow_about_an_answer_without_a_body(server):
    server.ask("POST", TASKS, {"queueName": "q", "id": "a", "payloadBase64": "eHg="})
    server.fault(method="delete", answer="slow", bytesPerSecond=1)

    assert server.ask("DELETE", f"{TASKS}/a") == (204, None)


def test_a_late_answer_holds_nobody_up_and_its_work_is_done(server):
    server.front.waits = True
    fault = server.fault(method="insert", latency={"seconds": 3_600})
    waiting = server.sent(insert("a"))
    server.wait_for_hits(fault, 1)

    assert server.stored() == ["a"]
    [(seconds, send)] = server.front.late
    server.loop.call_soon_threadsafe(send)

    assert seconds == 3_600
    with waiting:
        assert waiting.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_connection_goes_on_after_a_late_answer(server):
    server.fault(method="list", latency={"seconds": 1})
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)

    for _ in range(2):
        client.request("GET", TASKS)
        assert client.getresponse().read()
    client.close()

    assert [seconds for seconds, _ in server.front.late] == [1, 1]


def test_a_part_that_is_cut_takes_the_batch_with_it_and_the_others_are_done(server):
    server.fault(task="b", answer="cut", when="before", first=1)

    with pytest.raises(ConnectionResetError):
        read_all(server.sent(a_batch("a", "b", "c")))

    assert server.stored() == ["a", "c"]


def test_a_batch_is_as_late_as_its_latest_part_and_ends_as_its_first(server):
    server.fault(task="a", latency={"seconds": 2})
    server.fault(task="b", latency={"seconds": 5}, answer="truncated")
    server.fault(task="c", answer="cut", when="after")

    headers, half = head_and_body(read_all(server.sent(a_batch("a", "b", "c"))))

    assert [seconds for seconds, _ in server.front.late] == [5]
    assert len(half) == int(headers["content-length"]) // 2
    assert server.stored() == ["a", "b", "c"]


def a_batch(*names: str) -> bytes:
    """A batch that inserts tasks with these names."""
    parts = [
        f"--b\r\nContent-Type: application/http\r\n\r\n{insert(name).decode()}\r\n"
        for name in names
    ]
    text = "".join([*parts, "--b--\r\n"]).encode()
    head = "POST /batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/mixed; boundary=b"
    return f"{head}\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text
