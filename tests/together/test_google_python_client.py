"""The current google-api-python-client, with each way of getting the discovery document."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httplib2
import pytest
from googleapiclient.discovery import build, build_from_document
from googleapiclient.errors import HttpError

from emulator.testing import Server
from tests.together.walk import ids

_DOCUMENT = Path(__file__).parents[2] / "discovery" / "taskqueue.v1beta2.json"


def _from_document(server: Server) -> Any:
    """With the file that Google published; its ``rootUrl`` is where batches go."""
    document = json.loads(_DOCUMENT.read_text(encoding="utf-8"))
    return build_from_document({**document, "rootUrl": f"{server.url}/"}, http=httplib2.Http())


def _from_server(path: str) -> Callable[[Server], Any]:
    def built(server: Server) -> Any:
        return build(
            "taskqueue",
            "v1beta2",
            discoveryServiceUrl=server.url + path,
            static_discovery=False,
            http=httplib2.Http(),
        )

    return built


_WAYS = {
    "document": _from_document,
    "discovery": _from_server("/discovery/v1/apis/{api}/{apiVersion}/rest"),
    "new-discovery": _from_server("/$discovery/rest?version={apiVersion}"),
}


@pytest.fixture(params=_WAYS)
def service(server: Server, request: pytest.FixtureRequest) -> Iterator[Any]:
    with _WAYS[request.param](server) as service:
        yield service


@pytest.fixture
def tasks(service: Any) -> Any:
    return service.tasks()


@pytest.fixture
def there(project: str) -> dict[str, str]:
    """The path of the queue, as keyword arguments."""
    return {"project": f"s~{project}", "taskqueue": "q1"}


@pytest.fixture
def insert(tasks: Any, there: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Stores a task with a payload that need not matter."""

    def insert(name: str, payload: bytes = b"x", **members: Any) -> dict[str, Any]:
        return tasks.insert(**there, body=_task(name, payload, **members)).execute()

    return insert


def test_an_inserted_task_is_got_with_its_payload(tasks, there, insert):
    payload = bytes(range(256))

    stored = insert("a", payload, tag="red")
    got = tasks.get(**there, task="a").execute()

    assert (stored["id"], stored["tag"], stored["queueName"]) == ("a", "red", "q1")
    assert base64.urlsafe_b64decode(got["payloadBase64"]) == payload
    assert got["queueName"] == f"projects/{there['project']}/taskqueues/q1"


def test_the_server_names_a_task_that_has_no_id(tasks, there):
    stored = tasks.insert(**there, body={"queueName": "q1", "payloadBase64": "eA=="}).execute()

    assert len(stored["id"]) == 16
    assert tasks.get(**there, task=stored["id"]).execute()["payloadBase64"] == "eA=="


def test_list_has_leased_tasks_too_but_no_payloads(tasks, there, insert):
    insert("a")
    insert("b")
    tasks.lease(**there, numTasks=1, leaseSecs=60).execute()

    listed = tasks.list(**there).execute()

    assert listed["kind"] == "taskqueues#tasks"
    assert sorted(ids(listed)) == ["a", "b"]
    assert not any("payloadBase64" in task for task in listed["items"])


def test_leased_tasks_are_hidden_from_the_next_lease(tasks, there, insert):
    for name in "abc":
        insert(name)

    leased = [tasks.lease(**there, numTasks=2, leaseSecs=60).execute() for _ in range(3)]

    assert [ids(each) for each in leased] == [["a", "b"], ["c"], []]
    assert leased[0]["items"][0]["retry_count"] == 1
    assert "items" not in leased[2]


def test_lease_groups_by_a_tag_or_by_that_of_the_oldest_task(tasks, there, insert):
    for name, tag in ("a", "red"), ("b", "blue"), ("c", "red"), ("d", "blue"):
        insert(name, tag=tag)
    many = {**there, "numTasks": 10, "leaseSecs": 60, "groupByTag": True}

    assert ids(tasks.lease(**many, tag="blue").execute()) == ["b", "d"]
    assert ids(tasks.lease(**many).execute()) == ["a", "c"]


def test_update_renews_with_the_token_of_the_lease(tasks, there, insert):
    leased = _leased(tasks, there, insert)

    renewed = tasks.update(**there, task="a", newLeaseSeconds=600, body=leased).execute()

    assert int(renewed["leaseTimestamp"]) > int(leased["leaseTimestamp"]) + 500_000_000
    assert renewed["retry_count"] == 1


def test_patch_renews_with_nothing_but_the_queue_name(tasks, there, insert):
    leased = _leased(tasks, there, insert)

    body = {"queueName": "q1"}
    renewed = tasks.patch(**there, task="a", newLeaseSeconds=600, body=body).execute()

    assert int(renewed["leaseTimestamp"]) > int(leased["leaseTimestamp"]) + 500_000_000


def test_a_task_released_with_0_seconds_is_leased_at_once(tasks, there, insert):
    leased = _leased(tasks, there, insert)

    tasks.update(**there, task="a", newLeaseSeconds=0, body=leased).execute()

    [again] = tasks.lease(**there, numTasks=1, leaseSecs=60).execute()["items"]
    assert (again["id"], again["retry_count"]) == ("a", 2)


def test_delete_answers_with_nothing(tasks, there, insert):
    insert("a")

    assert tasks.delete(**there, task="a").execute() == ""
    assert "items" not in tasks.list(**there).execute()


@pytest.mark.parametrize(
    ("call", "status", "reason", "message"),
    [
        (lambda t, q: t.get(**q, task="no"), 404, "notFound", "Task name does not exist."),
        (lambda t, q: t.delete(**q, task="no"), 400, "invalid", "Task name is invalid."),
        (
            lambda t, q: t.insert(**q, body=_task("taken")),
            400,
            "invalid",
            "Task name is invalid.",
        ),
        (
            lambda t, q: t.patch(
                **q, task="taken", newLeaseSeconds=9, body={"queueName": q["taskqueue"]}
            ),
            400,
            "invalid",
            "The task lease has expired.",
        ),
        (
            lambda t, q: t.lease(**q, numTasks=1, leaseSecs=60, tag="red"),
            400,
            "invalid",
            "Tag specified, but groupByTag was not.",
        ),
    ],
    ids=["get unknown", "delete unknown", "insert taken", "patch unleased", "lease tag alone"],
)
def test_a_refusal_is_an_http_error_with_googles_envelope(
    tasks, there, insert, call, status, reason, message
):
    insert("taken")

    with pytest.raises(HttpError) as refusal:
        call(tasks, there).execute()

    assert (refusal.value.status_code, refusal.value.reason) == (status, message)
    assert refusal.value.error_details[0]["reason"] == reason
    error = json.loads(refusal.value.content)["error"]
    assert (error["code"], error["message"]) == (status, message)
    assert error["errors"][0]["domain"] == "global"


def test_a_batch_answers_each_part_by_itself(service, tasks, there, insert):
    insert("old")
    answers: dict[str, Any] = {}
    batch = service.new_batch_http_request(
        callback=lambda name, response, error: answers.update({name: error or response})
    )

    batch.add(tasks.insert(**there, body=_task("new")), request_id="insert")
    bad = {"queueName": "q1", "payloadBase64": "not base64!"}
    batch.add(tasks.insert(**there, body=bad), request_id="bad insert")
    batch.add(tasks.get(**there, task="new"), request_id="get")
    batch.add(tasks.delete(**there, task="old"), request_id="delete")
    batch.execute()

    assert (answers["insert"]["id"], answers["get"]["id"]) == ("new", "new")
    assert isinstance(answers["bad insert"], HttpError)
    assert answers["bad insert"].status_code == 400
    assert answers["delete"] == ""
    assert ids(tasks.list(**there).execute()) == ["new"]


def test_a_batch_of_100_inserts_stores_them_all(service, tasks, there):
    names = [f"task-{number:03}" for number in range(100)]
    batch = service.new_batch_http_request()

    for name in names:
        batch.add(tasks.insert(**there, body=_task(name)))
    batch.execute()

    assert ids(tasks.list(**there).execute()) == names


def test_fields_select_members(tasks, there, insert):
    insert("a", tag="red")

    assert tasks.get(**there, task="a", fields="id,tag").execute() == {"id": "a", "tag": "red"}
    assert tasks.list(**there, fields="items/id").execute() == {"items": [{"id": "a"}]}
    leased = tasks.lease(**there, numTasks=1, leaseSecs=9, fields="items(id,retry_count)").execute()
    assert leased == {"items": [{"id": "a", "retry_count": 1}]}


def test_a_url_over_2048_characters_gets_through_as_a_post(tasks, there, insert):
    insert("a", tag="red")
    request = tasks.get(**there, task="a", fields=",".join(["id", "tag"] * 250))

    assert len(request.uri) > 2048
    assert request.execute() == {"id": "a", "tag": "red"}
    # The client has rewritten the request, so this is what it sent.
    assert (request.method, request.headers["x-http-method-override"]) == ("POST", "GET")


def test_get_stats_counts_tasks_and_leases(service, tasks, there, insert):
    before = service.taskqueues().get(**there, getStats=True).execute()
    insert("a")
    insert("b")
    tasks.lease(**there, numTasks=1, leaseSecs=60).execute()

    after = service.taskqueues().get(**there, getStats=True).execute()

    assert before["id"] == f"projects/{there['project']}/taskqueues/q1"
    assert (before["stats"]["totalTasks"], before["stats"]["oldestTask"]) == (0, "0")
    assert (after["stats"]["totalTasks"], after["stats"]["leasedLastMinute"]) == (2, "1")
    assert "stats" not in service.taskqueues().get(**there).execute()


def test_an_api_endpoint_alone_redirects_all_but_batches(server, project):
    document = json.loads(_DOCUMENT.read_text(encoding="utf-8"))
    options = {"api_endpoint": f"{server.url}/taskqueue/v1beta2/projects/"}
    with build_from_document(document, http=httplib2.Http(), client_options=options) as service:
        stored = service.tasks().insert(project=project, taskqueue="q1", body=_task("a")).execute()

    assert stored["id"] == "a"


def test_v1beta1_is_served_from_its_own_document(server, project, service, insert):
    insert("a")
    url = f"{server.url}/discovery/v1/apis/{{api}}/{{apiVersion}}/rest"
    with build(
        "taskqueue",
        "v1beta1",
        discoveryServiceUrl=url,
        static_discovery=False,
        http=httplib2.Http(),
    ) as old:
        there = {"project": project, "taskqueue": "q1"}
        leased = old.tasks().lease(**there, numTasks=1, leaseSecs=60).execute()
        deleted = old.tasks().delete(**there, task="a").execute()

    assert ids(leased) == ["a"]
    assert deleted == ""


def _task(name: str, payload: bytes = b"x", **members: Any) -> dict[str, Any]:
    encoded = base64.urlsafe_b64encode(payload).decode()
    return {"id": name, "queueName": "q1", "payloadBase64": encoded, **members}


def _leased(tasks: Any, there: dict[str, str], insert: Callable[..., Any]) -> dict[str, Any]:
    """A task "a", leased for a minute, with the queue's name as renewals want it."""
    insert("a")
    [task] = tasks.lease(**there, numTasks=1, leaseSecs=60).execute()["items"]
    return {**task, "queueName": "q1"}
