from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from wsgiref.validate import validator

import pytest

from discovery import contract
from tqsdk import Client, ConnectError, Request, Timeout
from tqsdk.testing import Recorder, ScriptedTransport, VirtualClock, WsgiTransport, answer, refusal

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


def test_a_recorder_keeps_what_goes_through_it_in_order(a_task):
    script = ScriptedTransport(answer(a_task()), ConnectError("x"), answer({"items": []}), answer())
    recorder = Recorder(script)
    client = Client("p", endpoint="http://h", transport=recorder, clock=VirtualClock())

    client.queue("q").insert("hello", tag="red")
    client.queue("q").lease()
    client.queue("lease").delete("lease")

    assert recorder.operations == ["tasks.insert", "tasks.lease", "tasks.lease", "tasks.delete"]
    assert recorder.recorded[0].body["tag"] == "red"
    assert recorder.recorded[1].body is None
    assert [type(each).__name__ for each in recorder.answers] == [
        "Response",
        "ConnectError",
        "Response",
        "Response",
    ]


@pytest.mark.parametrize("method", contract.load().methods.values(), ids=lambda each: each.id)
def test_a_recorder_knows_every_method_by_its_request(method):
    path = method.path.format(project="s~p", taskqueue="q", task="t%2F")
    recorder = Recorder(ScriptedTransport(answer()))

    recorder.send(
        Request(method.verb, f"http://h/base/taskqueue/v1beta2/projects/{path}?a=1"), PATIENT
    )

    assert recorder.operations == [method.id.removeprefix("taskqueue.")]


@pytest.mark.parametrize("path", ["/batch/taskqueue/v1beta2", "/", "/taskqueue/v1beta2/projects/p"])
def test_what_is_no_method_is_recorded_as_none(path):
    recorder = Recorder(ScriptedTransport(answer()))

    recorder.send(Request("POST", f"http://h{path}"), PATIENT)

    assert recorder.operations == [None]


def test_a_recorder_shows_no_secret_and_passes_all_on():
    secrets = {"Authorization": "Bearer s3cret", "proxy-authorization": "s3cret", "X-A": "b"}
    request = Request("GET", "http://h/x?key=s3cret&tag=key%3D&oauth_token=s3cret#", secrets)
    response = answer({}, headers={"Set-Cookie": "s3cret", "ETag": "e"})
    script = ScriptedTransport(response)
    recorder = Recorder(script)

    assert recorder.send(request, PATIENT) is response
    assert script.requests == [request]
    [kept] = recorder.recorded
    assert "s3cret" not in repr((dataclasses.asdict(kept.request), dataclasses.asdict(kept.answer)))
    assert kept.request.url == "http://h/x?key=***&tag=key%3D&oauth_token=***#"
    assert (kept.request.header("X-A"), kept.answer.header("etag")) == ("b", "e")
    assert kept.request.header("authorization") == "***"


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
