"""The contract is served whole: every method is handled, every property is written somewhere.

And it is used whole: every method has a call of the client, and a command.
"""

from __future__ import annotations

import json
import re

import pytest

from discovery import contract
from emulator.app import create_app
from emulator.engine.clock import VirtualClock
from tests.tqsdk.cli.conftest import Tq
from tests.wire.fronts import Sent, Wsgi
from tqsdk import calls
from tqsdk.testing import ScriptedTransport, refusal
from tqsdk.testing import VirtualClock as ClientClock

QUEUES = """
queue:
- name: q
  mode: pull
  retry_parameters:
    task_retry_limit: 9
  acl:
  - user_email: worker@example.com
  - writer_email: app@example.com
"""

# The document describes it, but queue.yaml has no word for it (API.md section 3).
NEVER_WRITTEN = {"TaskQueue.acl.adminEmails"}

QUERY = "?numTasks=1&leaseSecs=60&newLeaseSeconds=60&getStats=true"

# What each method is for, in words of the command line. A task called "lease" cannot be updated,
# since that URL leases: so it is patched.
COMMANDS = {
    "taskqueue.taskqueues.get": "queues get q",
    "taskqueue.tasks.delete": "tasks delete q t",
    "taskqueue.tasks.get": "tasks get q t",
    "taskqueue.tasks.insert": "tasks insert q hello",
    "taskqueue.tasks.lease": "tasks lease q",
    "taskqueue.tasks.list": "tasks list q",
    "taskqueue.tasks.patch": "tasks renew q lease --lease-token 1 --retry-count 1",
    "taskqueue.tasks.update": "tasks renew q t --lease-token 1 --retry-count 1",
}

every_method = pytest.mark.parametrize("method", list(contract.load().methods))
every_version = pytest.mark.parametrize("version", contract.VERSIONS)


@pytest.fixture
def front(tmp_path):
    (tmp_path / "queue.yaml").write_text(QUEUES)
    app = create_app(
        queues=tmp_path / "queue.yaml", auto_create=False, durability="off", clock=VirtualClock()
    )
    front = Wsgi(app.extensions["taskqueue"])
    body = {"id": "t", "payloadBase64": "aGVsbG8=", "tag": "red"}
    front.send(Sent("POST", f"{BASE}/tasks", body=json.dumps(body).encode()))
    yield front
    app.extensions["taskqueue"].store.close()


BASE = "/taskqueue/v1beta2/projects/s~p/taskqueues/q"


@every_version
def test_every_method_has_a_handler(front, version):
    for method in contract.load(version).methods.values():
        got = front.send(request_of(version, method))

        assert got.status < 500, method.id
        assert b'"Not Found"' not in got.body, method.id


@every_version
def test_every_property_is_written_and_nothing_else(front, version):
    of = contract.load(version)
    answers = [
        (method.response, front.send(request_of(version, method)))
        for method in in_order(of)
        if method.response is not None
    ]

    written = {
        name
        for schema, got in answers
        for name in names_in(json.loads(got.body), of, of.schemas[schema].properties, schema)
    }

    assert written == names_of(of) - NEVER_WRITTEN


def test_every_method_has_a_call():
    made = [
        calls.get_queue("p", "q"),
        calls.insert_task("p", "q", payload=b""),
        calls.lease_tasks("p", "q", max_tasks=1, seconds=1),
        calls.list_tasks("p", "q"),
        calls.get_task("p", "q", "t"),
        calls.delete_task("p", "q", "t"),
        calls.update_task("p", "q", "t", seconds=1, lease_token=1),
        calls.patch_task("p", "q", "t", seconds=1),
    ]

    assert {call.operation for call in made} == set(contract.load().methods)


@every_method
def test_every_method_has_a_command(method):
    assert operation_of(*COMMANDS[method].split()) == method


@every_method
def test_every_method_can_be_called_by_its_name(method):
    values = {"taskqueue": "q", "task": "t", "numTasks": "1", "leaseSecs": "1"}
    values |= {"newLeaseSeconds": "1"}
    given = [
        f"{name}={values[name]}"
        for name in contract.load().methods[method].parameter_order
        if name != "project"
    ]

    assert operation_of("call", method.removeprefix("taskqueue."), *given) == method


def operation_of(*arguments):
    """The method that a run of the command calls; it is told by the error that it ends in."""
    script = ScriptedTransport(refusal(418, "no"))
    done = Tq(script, ClientClock())(*arguments, "--json")
    assert len(script.requests) == 1
    return json.loads(done.err)["error"]["operation"]


def in_order(of):
    """Lease first, so that there is a lease to renew."""
    return sorted(of.methods.values(), key=lambda method: "lease" not in method.id)


def request_of(version, method):
    values = {"project": "s~p", "taskqueue": "q", "task": "t"}
    path = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], method.path)
    body = {"queueName": "q", "leaseTimestamp": "1800000060000000"}
    body |= {"payloadBase64": ""} if method.id.endswith("insert") else {"id": "t"}
    return Sent(
        method.verb,
        f"/taskqueue/{version}/projects/{path}{QUERY}",
        body=json.dumps(body).encode() if method.request else b"",
    )


def names_in(value, of, properties, place):
    """The names of all properties in an answer, as ``Task.id``; their types are checked by the way.

    An unknown member is a KeyError: the document describes all that is written.
    """
    for name, member in value.items():
        described = properties[name]
        yield f"{place}.{name}"
        if described.properties:
            yield from names_in(member, of, described.properties, f"{place}.{name}")
        elif described.items is not None and described.items.ref:
            schema = described.items.ref
            for each in member:
                yield from names_in(each, of, of.schemas[schema].properties, schema)
        else:
            assert type(member) is {"string": str, "integer": int, "array": list}[described.type]


def names_of(of):
    return {
        name
        for schema in of.schemas.values()
        for property in schema.properties.values()
        for name in (
            f"{schema.id}.{property.name}",
            *(f"{schema.id}.{property.name}.{each}" for each in property.properties),
        )
    }
