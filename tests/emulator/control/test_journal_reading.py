"""What entries say of requests, whatever was sent."""

from __future__ import annotations

import json

import pytest

from discovery import contract
from emulator.auth.digests import digest
from emulator.control.journal.redaction import redacted
from emulator.control.journal.unread import MEMBERS
from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.rest.access import ANYONE
from emulator.rest.messages import Request
from emulator.rest.methods import Methods
from tests.emulator.control.journaled import JOURNAL, TASKS, journaled
from tests.wire.cases import all_cases, request_of

# To be searched for a text, all bodies have to be read.
PAGE = f"{JOURNAL}?maxResults=1000&text="


@pytest.fixture
def server():
    with journaled() as opened:
        yield opened


def test_a_lease_names_the_tasks_that_it_was_answered_with(server):
    server.insert("a")
    server.insert("b")
    server.lease()

    assert server.latest()["tasks"] == ["a", "b"]


def test_an_update_names_the_task_of_the_path_and_that_of_the_body(server):
    server.send("POST", "a?newLeaseSeconds=1", {"id": "b", "leaseTimestamp": "1"})

    assert server.latest()["tasks"] == ["a", "b"]


def test_a_queue_is_no_task(server):
    server.send("GET", TASKS.removesuffix("/tasks"))

    assert "tasks" not in server.latest()


def test_the_tag_of_a_lease_is_that_of_its_query(server):
    server.send("POST", "lease?numTasks=1&leaseSecs=1&groupByTag=true&tag=red")

    assert server.latest()["tag"] == "red"


def test_parameters_in_a_form_are_read(server):
    form = "application/x-www-form-urlencoded"
    server.send("POST", "lease", b"numTasks=1&leaseSecs=1&tga=red", content_type=form)

    assert server.latest()["unread"] == [{"location": "query", "name": "tga", "closest": "tag"}]


def test_an_answer_that_is_a_script_is_read():
    with journaled(jsonp=True) as server:
        server.insert("a")
        server.send("GET", "a?callback=f")
        server.send("GET", "b?callback=f")
        refused, found = server.entries("maxResults=2")

    assert (found["tasks"], found["status"]) == (["a"], 200)
    assert refused["miss"]["summary"] == "Task name does not exist."
    assert "unread" not in refused


@pytest.mark.parametrize(
    ("verb", "target", "body", "unread"),
    [
        ("POST", "", {"pay_load_base64": ""}, ("body", "pay_load_base64", "payloadBase64")),
        ("POST", "", {"colour": "red"}, ("body", "colour", None)),
        ("POST", "", {"retry_count": 3}, ("body", "retry_count", None)),
        ("POST", "?payloadBase64=", {}, ("query", "payloadBase64", "payloadBase64, in the body")),
        (
            "POST",
            "lease?leaseSecs=1",
            {"numTasks": 1},
            ("body", "numTasks", "numTasks, in the query"),
        ),
        ("POST", "lease?num_tasks=1", b"", ("query", "num_tasks", "numTasks")),
        ("GET", "a?task=a", b"", ("query", "task", "task, in the path")),
        ("GET", "?prettyprint=false", b"", ("query", "prettyprint", "prettyPrint")),
        ("GET", "?callback=f", b"", ("query", "callback", None)),
        ("POST", "a?newLeaseSeconds=1", {"payloadBase64": "AAAA"}, ("body", "payloadBase64", None)),
    ],
)
def test_what_nobody_reads_is_named_with_what_may_have_been_meant(
    server, verb, target, body, unread
):
    server.send(verb, target, body)

    location, name, closest = unread
    found = {each["name"]: each for each in server.latest()["unread"]}
    assert (found[name]["location"], found[name].get("closest")) == (location, closest)


def test_what_is_read_is_not_said_to_be_unread(server):
    everything = {"kind": "taskqueues#task", "queueName": "q", "tag": "t", "leaseTimestamp": "0"}
    server.insert("a", **everything)
    server.send("POST", "lease?numTasks=1&leaseSecs=1&pp=false&key=k&quotaUser=u&$.xgafv=1")
    server.send("GET", "a?fields=id&oauth_token=t&alt=json&userIp=1.2.3.4&trace=x")

    assert [each["sequence"] for each in server.entries() if "unread" in each] == []


@pytest.mark.parametrize("method", sorted(MEMBERS))
def test_the_members_that_methods_are_said_to_read_are_those_they_look_at(method):
    looked_at = {"kind"}

    class Body(dict):
        def get(self, name, default=None):
            looked_at.add(name)
            return super().get(name, default)

        def __getitem__(self, name):
            looked_at.add(name)
            return super().__getitem__(name)

    body = Body(id="t", queueName="q", leaseTimestamp=1)
    serve = Methods(Engine(VirtualClock()), partition="s").serving(method)
    variables = {"project": "p", "taskqueue": "q", "task": "t"}

    serve(ANYONE, Request("POST", "", "", {}, b""), variables, {"newLeaseSeconds": 1}, body)

    assert looked_at == MEMBERS[method]


def test_every_method_that_takes_a_body_is_known_to_read_some_of_it():
    with_body = {id for id, each in contract.load().methods.items() if each.request}

    assert set(MEMBERS) == with_body


def test_callers_are_known_also_when_their_tokens_are_not_good_any_more(tmp_path):
    file = tmp_path / "tokens.json"
    holder = {"name": "w", "sha256": digest("good"), "email": "w@example.com"}
    file.write_text(json.dumps({"version": 1, "tokens": [holder]}))
    with journaled(auth="tokens", tokens=file) as server:
        server.send("GET", "", authorization="Bearer good")
        server.send("GET", "?access_token=good")
        server.send("GET", "", authorization="Bearer bad")
        server.send("GET", "")
        file.write_text(json.dumps({"version": 1, "tokens": []}))
        entries = server.entries()

    assert [each.get("caller") for each in entries] == [None, None, *2 * ["w@example.com"]]


@pytest.mark.parametrize(
    ("verb", "target", "body", "headers"),
    [
        ("GET", "?access_token=hush", b"", {}),
        ("GET", "?access%5Ftoken=hush", b"", {}),
        ("GET", "?alt=json&oauth_token=hush&key=hush", b"", {}),
        ("GET", "", b"", {"authorization": "Bearer hush"}),
        ("GET", "/nowhere%3Faccess_token=hush", b"", {}),
        ("POST", "/tokens", b"grant_type=x&refresh_token=hush&client_secret=hush", {}),
        ("POST", "/tokens", b'{"client_secret": "hush", "assertion" : "hu\\"hush"}', {}),
        ("POST", "/batch", b"--x\r\n\r\nGET /a HTTP/1.1\r\nAuthorization: Bearer hush\r\n", {}),
        ("POST", "/batch", b"--x\r\n\r\nGET /a?access_token=hush HTTP/1.1\r\n", {}),
        (
            "POST",
            "lease",
            b"oauth_token=hush&numTasks=1",
            {"content_type": "application/x-www-form-urlencoded"},
        ),
    ],
)
def test_no_secret_comes_out_of_the_journal(server, verb, target, body, headers):
    server.send(verb, target, body, **headers)

    assert "hush" not in json.dumps([server.latest(), server.entries()])
    assert server.entries("text=hush") == []


@pytest.mark.parametrize("text", ["a" * 3_000_000, "a=" * 500_000, '"a":' * 500_000, "&" * 999_999])
def test_a_long_text_is_looked_through_once(text):
    assert redacted(text) == text


def test_whatever_the_wire_cases_send_can_be_read():
    with journaled(jsonp=True, journal=100_000) as server:
        for case in all_cases():
            for step in () if case.of_control else case.steps:
                server.front.send(request_of(step, {}))
        page = server.asked(PAGE)
        entries = page["items"]
        while "nextPageToken" in page:
            page = server.asked(f"{PAGE}&pageToken={page['nextPageToken']}")
            entries += page["items"]
        with_bodies = [server.asked(f"{JOURNAL}/{each['sequence']}") for each in entries[::50]]

    assert len(entries) > 500
    assert with_bodies
    for each in entries:
        assert ("miss" in each) == (each["status"] >= 400) or "callback" in each["query"]
