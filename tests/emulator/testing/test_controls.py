"""The client of the control API: it calls every method and reads all answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

import emulator
from discovery import contract
from emulator.testing import ControlError, Controls, Fault, Latency, values
from emulator.testing.calling import ControlApi, over_http
from emulator.testing.reading import read, written
from tests.emulator.testing.plain import delete, insert, lease

CONTROL = contract.control()
INSTANT = datetime(2027, 1, 15, 8, 0, 0, 1, tzinfo=UTC)


@dataclass
class Recorder:
    """A server that answers each call with all that the contract has for it, and then with {}."""

    called: dict[str, dict[str, str]] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)

    def __call__(
        self, verb: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        at = urlsplit(target)
        method, variables = _method(verb, at.path.removeprefix(CONTROL.base_path))
        query = dict(parse_qsl(at.query, strict_parsing=bool(at.query)))
        unknown = query.keys() - method.parameters.keys()
        assert unknown == set()
        answer = b"{}" if method.id in self.called else _answer(method)
        self.called[method.id] = {**variables, **query}
        self.bodies[method.id] = None if body is None else json.loads(body)
        return 200, answer


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def controls(recorder: Recorder) -> Controls:
    return Controls(ControlApi(recorder))


@pytest.fixture(scope="module")
def server():
    with emulator.running(mode="wsgi") as running:
        yield running


def test_every_method_has_a_call(controls, recorder):
    fault = Fault(id="f")
    controls.reset(project="p", queue="q")
    controls.queues("p")
    controls.tasks("p", "q", state="leased", tag="red")
    controls.task("p", "q", "t")
    controls.life("p", "q", "t")
    controls.wait("p", "q", most_tasks=1, seconds=0.5)
    controls.drain("p", "q")
    controls.clock.now()
    controls.clock.freeze()
    controls.clock.advance(1.5)
    controls.clock.set(INSTANT)
    controls.clock.scale(2)
    controls.clock.auto_jump(60)
    controls.faults.add(fault)
    controls.faults.all()
    controls.faults.get(fault)
    controls.faults.remove(fault)
    controls.faults.clear()
    controls.faults.preset("flaky", seed=7)
    controls.journal.entries("insert", refused=True, after=7)
    controls.journal.entry(7)
    controls.journal.clear()
    controls.journal.resize(0)
    controls.snapshots.all()
    controls.snapshots.save("s")
    controls.snapshots.load("s")
    controls.snapshots.delete("s")

    assert set(recorder.called) == set(CONTROL.methods)
    assert recorder.called["emulator.reset"] == {"project": "p", "queue": "q"}
    assert recorder.called["emulator.clock.set"] == {"time": "1800000000000001"}
    assert recorder.called["emulator.clock.autoJump"] == {"seconds": "60"}
    assert recorder.called["emulator.tasks.life"] == {"project": "p", "queue": "q", "task": "t"}
    assert recorder.called["emulator.journal.list"]["refused"] == "true"


def test_a_fault_is_said_as_the_contract_has_it(controls, recorder):
    controls.faults.add(
        Fault(method="insert", first=2, probability=0.5, latency=Latency(seconds=1, sigma=2))
    )

    assert recorder.bodies["emulator.faults.insert"] == {
        "method": "insert",
        "first": "2",
        "probability": 0.5,
        "latency": {"distribution": "fixed", "seconds": 1, "sigma": 2},
    }


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("Clock", values.ClockState),
        ("ResetResult", values.Removed),
        ("Queue", values.QueueState),
        ("TaskState", values.TaskState),
        ("Latency", values.Latency),
        ("Fault", values.Fault),
        ("Field", values.UnreadField),
        ("Miss", values.Miss),
        ("JournalEntry", values.JournalEntry),
        ("LifeEvent", values.LifeEvent),
        ("Snapshot", values.Snapshot),
    ],
)
def test_all_that_the_contract_has_is_read(schema, kind):
    sample = _sample(schema)

    value = read(kind, sample)

    assert [each.name for each in fields(kind) if getattr(value, each.name) is None] == []
    again = written(value, CONTROL.schemas[schema].properties)
    # Of two forms of an instant, one is read.
    assert set(again) == set(sample) - ({"time"} if "microseconds" in sample else set())


def test_instants_are_aware_and_exact(controls):
    assert controls.clock.now() == datetime(1970, 1, 1, 0, 0, 0, 7777, tzinfo=UTC)


def test_an_instant_without_a_time_zone_is_none(controls):
    with pytest.raises(ValueError, match="no time zone"):
        controls.clock.set(datetime(2027, 1, 15))


def test_what_is_not_known_yet_is_left(recorder):
    assert read(values.Removed, {"tasks": "1", "tombstones": "2", "more": "3"}).tasks == 1


def test_payloads_are_bytes(server):
    insert(server, "bytes", "größer")

    (task,) = server.tasks("p", "bytes")

    assert task.payload == "größer".encode()
    assert task.text() == "größer"
    assert server.task("p", "bytes", task.name) == task


def test_all_pages_are_read(server, monkeypatch):
    monkeypatch.setattr("emulator.testing.controls._PAGE", 2)
    names = {insert(server, "pages") for _ in range(5)}

    assert {each.name for each in server.tasks("p", "pages")} == names


def test_tasks_are_chosen_by_state_and_tag(server):
    red, blue = insert(server, "choice", tag="red"), insert(server, "choice", tag="blue")
    lease(server, "choice")
    delete(server, "choice", blue)

    assert [each.name for each in server.tasks("p", "choice", state="leased")] == [red]
    assert [each.name for each in server.tasks("p", "choice", state="tombstone")] == [blue]
    assert [each.name for each in server.tasks("p", "choice", tag="red")] == [red]


def test_a_queue_or_a_project_is_reset(server):
    insert(server, "reset")

    assert server.reset(project="p", queue="reset").tasks == 1
    assert server.tasks("p", "reset") == []


def test_names_are_quoted(server):
    with pytest.raises(ControlError, match="Task name"):
        server.task("p", "q", "no such task?#")


def test_what_the_server_says_is_in_the_error(server):
    with pytest.raises(ControlError, match="Queue name is invalid") as caught:
        server.tasks("p", "not a queue")

    assert caught.value.method == "emulator.tasks.list"
    assert caught.value.status == 400
    assert caught.value.reason == "invalid"


def test_a_server_without_control_api_is_known():
    def other(verb: str, target: str, body: bytes | None, headers: Mapping[str, str]):
        return 404, b'{"error": {"errors": [{"reason": "notFound"}], "message": "Not Found"}}'

    with pytest.raises(ControlError, match="--control"):
        Controls(ControlApi(other)).queues()


def test_what_is_no_error_of_ours_is_shown_as_it_is():
    def other(verb: str, target: str, body: bytes | None, headers: Mapping[str, str]):
        return 502, b"<h1>Bad Gateway</h1>"

    with pytest.raises(ControlError, match=r"502 : <h1>Bad Gateway</h1>"):
        Controls(ControlApi(other)).queues()


def test_where_nobody_listens_is_an_error_of_the_connection():
    with pytest.raises(ConnectionRefusedError):
        Controls(ControlApi(over_http("http://127.0.0.1:1"))).queues()


def _method(verb: str, path: str) -> tuple[contract.Method, dict[str, str]]:
    """The method that is called, and the parameters of its path."""
    for method in CONTROL.methods.values():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", method.path)
        found = re.fullmatch(pattern, path)
        if found and method.verb == verb:
            return method, {name: unquote(each) for name, each in found.groupdict().items()}
    raise AssertionError(f"no method for {verb} {path}")


def _answer(method: contract.Method) -> bytes:
    return json.dumps(_sample(method.response)).encode() if method.response else b""


def _sample(schema: str) -> dict[str, Any]:
    """An object with all that the schema has but the token of a next page."""
    properties = CONTROL.schemas[schema].properties.values()
    return {each.name: _value(each) for each in properties if each.name != "nextPageToken"}


def _value(property: contract.Property) -> Any:
    if property.ref is not None:
        return _sample(property.ref)
    if property.items is not None:
        return [_value(property.items)]
    if property.format == "date-time":
        return "2027-01-15T08:00:00.000000Z"
    return {"string": "7777", "integer": 7, "number": 7.5, "boolean": True}[property.type]
