"""Each choice is one line: changed, the server answers in the other way."""

from __future__ import annotations

import pytest

from emulator.app import create_app
from emulator.rest import choices

QUEUE = "/taskqueue/v1beta2/projects/s~p/taskqueues/q"


@pytest.fixture
def client():
    app = create_app()
    yield app.test_client()
    app.extensions["taskqueue"].store.close()


@pytest.fixture
def choose(monkeypatch):
    return lambda name, value: monkeypatch.setattr(choices, name, value)


def test_a_delete_can_answer_200(client, choose):
    choose("DELETED_STATUS", 200)
    client.post(f"{QUEUE}/tasks", json={"id": "a"})

    assert client.delete(f"{QUEUE}/tasks/a").status_code == 200


def test_a_queue_name_can_be_shown_in_full_throughout(client, choose):
    choose("ECHOES_QUEUE_NAME", False)

    task = client.post(f"{QUEUE}/tasks", json={"queueName": "q"}).get_json()

    assert task["queueName"] == "projects/s~p/taskqueues/q"


def test_what_a_queue_has_not_set_can_be_shown(client, choose):
    choose("SHOWS_UNSET_MEMBERS", True)

    queue = client.get(QUEUE).get_json()

    assert (queue["maxLeases"], queue["acl"]) == (0, {})


def test_an_insert_can_be_made_to_name_its_queue(client, choose):
    choose("INSERT_NEEDS_QUEUE_NAME", True)

    assert client.post(f"{QUEUE}/tasks", json={"id": "a"}).status_code == 400
    assert client.post(f"{QUEUE}/tasks", json={"queueName": "q"}).status_code == 200


def test_the_url_can_decide_an_update_and_the_payload_stay_out_of_its_answer(client, choose):
    choose("BODY_DECIDES_UPDATE", False)
    choose("RENEWALS_SHOW_PAYLOAD", False)
    client.post(f"{QUEUE}/tasks", json={"id": "a", "payloadBase64": "YQ=="})
    lease = client.post(f"{QUEUE}/tasks/lease?numTasks=1&leaseSecs=60").get_json()["items"][0]
    body = {"id": "other", "leaseTimestamp": lease["leaseTimestamp"]}

    renewed = client.post(f"{QUEUE}/tasks/a?newLeaseSeconds=90", json=body).get_json()

    assert renewed["id"] == "a"
    assert "payloadBase64" not in renewed
