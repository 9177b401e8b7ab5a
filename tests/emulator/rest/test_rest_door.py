"""Nothing goes through the door but answers: whatever fails behind it is Google's 500 or 503."""

from __future__ import annotations

import logging

import pytest

from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.errors import OverloadedError, StoreFailedError
from emulator.engine.store import Outcome
from emulator.rest.access import Guard
from emulator.rest.door import Door
from emulator.rest.messages import Pending, Request, Response

QUEUE = "/taskqueue/v1beta2/projects/s~p/taskqueues/q"


@pytest.fixture(autouse=True)
def silent(caplog):
    """What is logged here is meant to be."""
    caplog.set_level(logging.CRITICAL, logger="emulator")


@pytest.mark.parametrize(
    ("verb", "rest"), [("GET", ""), ("GET", "/nowhere"), ("PUT", "/tasks/a"), ("BREW", "")]
)
def test_what_needs_no_store_is_answered_at_once(verb, rest):
    assert isinstance(a_door()(a_request(verb, rest)), Response)


@pytest.mark.parametrize("rest", ["/tasks", "/tasks/a", "?getStats=true"])
def test_what_needs_the_store_says_what_to_do(rest):
    assert isinstance(a_door()(a_request("GET", rest)), Pending)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OverloadedError("full"), 503, "TRANSIENT_ERROR"),
        (StoreFailedError("disk"), 503, None),
        (RuntimeError("a bug"), 500, None),
    ],
)
def test_only_an_overload_promises_that_nothing_was_done(error, status, code):
    pending = a_door()(a_request("GET", "/tasks/a"))

    response = pending.render(Outcome(error=error))

    assert response.status == status
    assert dict(response.headers).get("x-taskqueue-error") == code
    assert ("retry-after" in dict(response.headers)) == (code is not None)


def test_a_result_that_cannot_be_shown_is_an_internal_error():
    pending = a_door()(a_request("GET", "/tasks/a"))

    response = pending.render(Outcome(object()))

    assert response.status == 500
    assert b'"reason": "internalError"' in response.body


def test_a_failure_before_the_store_is_an_internal_error():
    class Broken(Engine):
        def describe(self, queue):
            raise RuntimeError("a bug")

    response = Door(Broken(VirtualClock()))(a_request("GET", "/tasks"))

    assert response.status == 500
    assert b'"reason": "internalError"' in response.body


@pytest.mark.parametrize("host", ["[", "[::1", "a]b", "evil.example", "localhost.evil.example"])
def test_a_host_that_is_not_this_machine_is_refused_however_odd(host):
    response = a_door(guard=Guard())(a_request("GET", "", host=host))

    assert response.status == 403


@pytest.mark.parametrize("origin", ["http://[", "http://a]b", "null", "", "http://evil.example"])
def test_a_page_from_elsewhere_is_refused_however_odd_its_origin(origin):
    response = a_door(guard=Guard())(a_request("GET", "", host="localhost", origin=origin))

    assert response.status == 403


def a_door(**options):
    return Door(Engine(VirtualClock()), **options)


def a_request(verb, rest, **headers):
    path, _, query = f"{QUEUE}{rest}".partition("?")
    return Request(verb=verb, path=path, query=query, headers=headers, body=b"")
