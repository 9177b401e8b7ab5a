"""Answers that are made in a thread, and those that are sent while they are made."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.test import Client

from emulator.app import flask_app
from emulator.config import Settings
from emulator.connection import Connection
from emulator.loop_front import LoopFront
from emulator.rest.door import Door
from emulator.rest.messages import Job, Request, Response, Stream
from emulator.service import Service, open_service

TEXT = Response(200, (("content-type", "text/plain"),))


def test_a_job_runs_in_a_thread_of_its_own(service):
    threads = []

    def job():
        threads.append(threading.current_thread())
        return Response(200, (), b"done")

    with serving(service, job) as at:
        assert get(at) == (200, b"done")
        assert get(at) == (200, b"done")

    assert len({*threads, threading.current_thread()}) == 3


def test_a_stream_is_sent_piece_by_piece_and_ends(service):
    with serving(service, lambda: Stream(TEXT, (each for each in (b"one ", b"two")))) as at:
        assert get(at) == (200, b"one two")


def test_a_stream_reaches_its_client_before_it_ends(service):
    goes_on = threading.Event()

    def chunks():
        yield b"first"
        goes_on.wait(10)
        yield b"second"

    with serving(service, lambda: Stream(TEXT, chunks())) as at:
        client = http.client.HTTPConnection(at, timeout=10)
        client.request("GET", "/job")
        answer = client.getresponse()
        first = answer.read(5)
        goes_on.set()
        rest = answer.read()
        client.close()

    assert (first, rest) == (b"first", b"second")


def test_a_stream_stops_when_its_client_is_gone(service):
    stopped = threading.Event()

    def chunks():
        try:
            while True:
                yield bytes(65_536)
        finally:
            stopped.set()

    with serving(service, lambda: Stream(TEXT, chunks())) as at:
        client = http.client.HTTPConnection(at, timeout=10)
        client.request("GET", "/job")
        client.getresponse().read(1)
        client.close()

        assert stopped.wait(10)


def test_a_stream_that_fails_does_not_look_whole(service, caplog):
    def chunks():
        yield b"half"
        raise ValueError("broken")

    with (
        serving(service, lambda: Stream(TEXT, chunks())) as at,
        pytest.raises((http.client.IncompleteRead, ConnectionError)),
    ):
        get(at)

    assert "a stream failed" in caplog.text


def test_a_job_that_fails_is_an_internal_error(service, caplog):
    def fails():
        raise ValueError("broken")

    with serving(service, fails) as at:
        status, body = get(at)

    assert status == 500
    assert b'"internalError"' in body
    assert "a job failed" in caplog.text


def test_more_jobs_than_there_may_be_are_turned_away(service, monkeypatch):
    monkeypatch.setattr("emulator.loop_front._MOST_JOBS", 0)

    with serving(service, lambda: Response(200, (), b"done")) as at:
        status, body = get(at)

    assert status == 503
    assert b'"backendError"' in body


@pytest.mark.parametrize(
    "made", [Response(200, (), b"one two"), Stream(TEXT, (each for each in (b"one ", b"two")))]
)
def test_the_flask_application_runs_jobs_and_sends_streams(service, made):
    app = flask_app(Service(_Door(service.door, lambda: made), service.store))

    assert Client(app).get("/job").get_data() == b"one two"


class _Door:
    """A door whose every answer is one job."""

    waits = False

    def __init__(self, door: Door, run) -> None:
        self.most_bytes = door.most_bytes
        self.refusal = door.refusal
        self._run = run

    def __call__(self, request: Request) -> Job:
        return Job(self._run)


@contextmanager
def serving(service, run) -> Iterator[str]:
    """The event loop's front on a real socket, in a thread; gives its address."""
    started, addresses = threading.Event(), []
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        front = LoopFront(_Door(service.door, run), service.store)
        server = await loop.create_server(lambda: Connection(front), "127.0.0.1", 0)
        addresses.append("{}:{}".format(*server.sockets[0].getsockname()))
        started.set()
        await stopped.wait()
        server.close()
        await front.finish(seconds=10)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(10)
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
        loop.close()


def get(address: str) -> tuple[int, bytes]:
    client = http.client.HTTPConnection(address, timeout=10)
    try:
        client.request("GET", "/job")
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


@pytest.fixture
def service():
    opened = open_service(Settings())
    yield opened
    opened.store.close()
