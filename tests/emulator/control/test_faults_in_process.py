"""Faults of the Flask application, without a server: lost answers are exceptions."""

from __future__ import annotations

import pytest
from werkzeug.test import Client as WerkzeugClient

from emulator.app import create_app
from tqsdk import Client, ServerError
from tqsdk.testing import VirtualClock, WsgiTransport

TASKS = "/taskqueue/v1beta2/projects/s~p/taskqueues/q/tasks"
BODY = {"queueName": "q", "id": "a", "payloadBase64": "eHh4"}


@pytest.fixture
def sleeps():
    return []


@pytest.fixture
def app(sleeps):
    made = create_app(control=True, durability="off", sleep=sleeps.append)
    yield made
    made.extensions["taskqueue"].store.close()


@pytest.fixture
def http(app):
    return WerkzeugClient(app)


@pytest.fixture
def fault(http):
    def make(**members):
        made = http.post("/_emulator/v1/faults", json=members)
        assert made.status_code == 200, made.get_data(as_text=True)

    return make


def stored(http):
    return [task["id"] for task in http.get(TASKS).get_json().get("items", [])]


@pytest.mark.parametrize(
    ("ending", "error"), [("cut", ConnectionError), ("withheld", TimeoutError)]
)
@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", ["a"])])
def test_a_lost_answer_is_an_exception(http, fault, ending, error, when, kept):
    fault(method="insert", answer=ending, when=when)

    with pytest.raises(error):
        http.post(TASKS, json=BODY)

    assert stored(http) == kept


def test_a_truncated_answer_breaks_off_after_half_of_its_body(http, fault):
    http.post(TASKS, json=BODY)
    whole = http.get(f"{TASKS}/a").get_data()
    fault(method="get", answer="truncated")

    answer = http.get(f"{TASKS}/a", buffered=False)
    pieces = answer.iter_encoded()

    assert answer.headers["content-length"] == str(len(whole))
    assert next(pieces) == whole[: len(whole) // 2]
    with pytest.raises(ConnectionError):
        next(pieces)


def test_an_answer_without_a_body_is_lost_whole_where_it_would_be_truncated(http, fault):
    http.post(TASKS, json=BODY)
    fault(method="delete", answer="truncated")

    with pytest.raises(ConnectionError):
        http.delete(f"{TASKS}/a")

    assert stored(http) == []


def test_latency_sleeps_as_it_was_told_to(http, fault, sleeps):
    fault(method="list", latency={"seconds": 30})

    assert http.get(TASKS).status_code == 200
    assert sleeps == [30]


def test_a_slow_answer_is_whole_in_the_end(http, fault, sleeps):
    http.post(TASKS, json=BODY)
    whole = http.get(f"{TASKS}/a").get_data()
    fault(method="get", answer="slow", bytesPerSecond=100)

    assert http.get(f"{TASKS}/a").get_data() == whole
    assert sum(sleeps) == pytest.approx(len(whole) / 100)


@pytest.mark.parametrize("ending", ["cut", "withheld", "truncated"])
def test_the_client_stores_a_task_once_though_the_answer_is_lost(app, http, fault, ending):
    fault(method="insert", answer=ending, when="after", first=1)

    with Client("p", transport=WsgiTransport(app), clock=VirtualClock()) as client:
        task = client.queue("q").insert("hello")

    assert stored(http) == [task.name]


def test_what_is_no_lost_answer_comes_out_of_the_transport_as_it_is():
    def app(environ, start_response):
        raise LookupError("broken")

    with (
        Client("p", transport=WsgiTransport(app), clock=VirtualClock()) as client,
        pytest.raises(LookupError),
    ):
        client.queue("q").stats()


def test_an_error_after_the_work_is_one_to_the_client(app, fault):
    fault(method="list", status=500, when="after")

    with (
        Client("p", transport=WsgiTransport(app), clock=VirtualClock()) as client,
        pytest.raises(ServerError),
    ):
        client.queue("q").list()
