from __future__ import annotations

import json
from datetime import timedelta
from wsgiref.validate import validator

import pytest

from tqsdk import Client, ConnectError, Request, Timeout
from tqsdk.testing import ScriptedTransport, VirtualClock, WsgiTransport, answer, refusal

PATIENT = Timeout(5, 5)


def echo(environ, start_response):
    """A WSGI application that answers with what it was given."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
    seen = {key: value for key, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json"), ("X-A", "1"), ("X-A", "2")])
    return [json.dumps({**seen, "body": body.decode()}).encode()]


def test_an_application_sees_the_request_as_pep_3333_has_it():
    transport = WsgiTransport(validator(echo))
    request = Request(
        "POST",
        "http://h:81/s~p/a%2Fb/%C3%A9?x=1&y=%20",
        {"Content-Type": "application/json", "X-Some-Thing": "v"},
        b"{}",
    )

    response = transport.send(request, PATIENT)

    seen = json.loads(response.body)
    assert seen["PATH_INFO"] == "/s~p/a/b/\xc3\xa9"
    assert seen["REQUEST_URI"] == "/s~p/a%2Fb/%C3%A9?x=1&y=%20"
    assert seen["QUERY_STRING"] == "x=1&y=%20"
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"]) == ("application/json", "2")
    assert (seen["HTTP_HOST"], seen["SERVER_PORT"], seen["HTTP_X_SOME_THING"]) == (
        "h:81",
        "81",
        "v",
    )
    assert seen["body"] == "{}"
    assert response.header("x-a") == "1, 2"


def test_a_client_works_over_an_application():
    def empty(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"kind": ', b'"taskqueues#tasks"}']

    with Client("p", transport=WsgiTransport(validator(empty))) as client:
        assert client.queue("q").list() == []


def test_an_application_may_write_fail_late_and_be_closed():
    closed = []

    class Body:
        def __iter__(self):
            return iter([b" two"])

        def close(self):
            closed.append(True)

    def app(environ, start_response):
        start_response("200 OK", [("X-Old", "1")])
        write = start_response("500 No", [("X-New", "1")], (None, None, None))
        write(b"one")
        return Body()

    response = WsgiTransport(app).send(Request("GET", "http://h/"), PATIENT)

    assert (response.status, response.body) == (500, b"one two")
    assert response.header("x-old") is None
    assert closed == [True]


def test_what_an_application_raises_comes_out():
    def broken(environ, start_response):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        WsgiTransport(broken).send(Request("GET", "http://h/"), PATIENT)


def test_a_script_gives_its_answers_in_order_and_keeps_the_requests():
    transport = ScriptedTransport(
        answer({"a": 1}),
        ConnectError("x"),
        lambda request: refusal(404, request.method, code="UNKNOWN_QUEUE"),
    )
    request = Request("GET", "http://h/x")

    assert transport.send(request, PATIENT).body == b'{"a": 1}'
    with pytest.raises(ConnectError):
        transport.send(request, PATIENT)
    assert transport.send(request, PATIENT).header("x-taskqueue-error") == "UNKNOWN_QUEUE"
    with pytest.raises(AssertionError, match="no answer left for GET http://h/x"):
        transport.send(request, PATIENT)

    assert transport.requests == [request] * 4
    assert transport.timeouts == [PATIENT] * 4


def test_a_virtual_clock_moves_by_sleeping_and_never_back():
    clock = VirtualClock()
    start = clock.now()

    clock.sleep(2.5)
    clock.advance(1)

    assert clock.now() - start == timedelta(seconds=3.5)
    assert clock.monotonic() == 3.5
    assert clock.sleeps == [2.5]
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
