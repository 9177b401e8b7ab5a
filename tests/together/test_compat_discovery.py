"""The chain of googleapiclient over tqsdk, against a server, with answers lost on the way."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httplib2
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpMock, HttpMockSequence

from emulator.testing import Server
from tests.together.listener import listening
from tests.together.relay import Fate, Relay, relay_to
from tests.together.walk import ids
from tqsdk import Client, RetryPolicy
from tqsdk.compat.discovery import build

_AT_ONCE = RetryPolicy(base=0)
_LOSSES = [Fate.LOST, Fate.UNANSWERED, Fate.CUT_IN_HEAD, Fate.CUT_IN_BODY, Fate.RESET]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TASKQUEUE_EMULATOR_HOST", "TASKQUEUE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with relay_to(*server.address) as relay:
        yield relay


@pytest.fixture
def far(relay: Relay) -> Iterator[Any]:
    """The tasks, seen through the relay."""
    with build(endpoint=relay.url, retry=_AT_ONCE) as service:
        yield service.tasks()


@pytest.fixture
def there(project: str) -> dict[str, str]:
    return {"project": f"s~{project}", "taskqueue": "q1"}


def a_task(name: str | None = None, payload: bytes = b"hello", **members: Any) -> Any:
    named = {} if name is None else {"id": name}
    encoded = base64.urlsafe_b64encode(payload).decode()
    return {"queueName": "q1", "payloadBase64": encoded, **named, **members}


def leased(tasks: Any, there: dict[str, str]) -> dict[str, Any]:
    """A task, leased for a minute, with the queue's name as renewals want it."""
    tasks.insert(**there, body=a_task("a")).execute()
    [task] = tasks.lease(**there, numTasks=1, leaseSecs=60).execute()["items"]
    return {**task, "queueName": "q1"}


def test_a_legacy_program_works_unchanged_but_for_the_import(server: Server, there):
    service = build("taskqueue", "v1beta2", endpoint=server.url, cache_discovery=False)
    tasks = service.tasks()

    tasks.insert(**there, body=a_task("a", tag="red")).execute(num_retries=3)
    [task] = tasks.lease(**there, numTasks=9, leaseSecs=60, groupByTag=True).execute()["items"]
    task["queueName"] = "q1"
    renewed = tasks.update(**there, task="a", newLeaseSeconds=600, body=task).execute()
    assert int(renewed["leaseTimestamp"]) > int(task["leaseTimestamp"]) + 500_000_000
    patched = tasks.patch(**there, task="a", newLeaseSeconds=0, body={"queueName": "q1"}).execute()
    assert patched["id"] == "a"
    assert tasks.get(**there, task="a", fields="id,tag").execute() == {"id": "a", "tag": "red"}
    assert ids(tasks.list(**there).execute()) == ["a"]
    stats = service.taskqueues().get(**there, getStats=True).execute()["stats"]
    assert stats["totalTasks"] == 1
    assert tasks.delete(**there, task="a").execute() == ""
    with pytest.raises(HttpError) as refusal:
        tasks.delete(**there, task="a").execute()
    assert (refusal.value.resp.status, refusal.value.reason) == (400, "Task name is invalid.")
    service.close()


@pytest.mark.parametrize("fate", _LOSSES)
@pytest.mark.parametrize("name", [None, "mine"])
def test_an_insert_stores_one_task(relay, far, client, there, fate, name):
    relay.will(fate)

    stored = far.insert(**there, body=a_task(name, tag="red")).execute()

    [task] = client.queue("q1").list()
    assert (stored["id"], stored["tag"]) == (task.name, "red")
    assert stored["payloadBase64"] == "aGVsbG8="
    assert name in (None, task.name)


def test_a_name_that_is_anothers_is_refused_after_a_lost_answer_too(relay, far, there):
    far.insert(**there, body=a_task("a", b"other")).execute()
    relay.will(Fate.LOST)

    with pytest.raises(HttpError, match="Task name is invalid"):
        far.insert(**there, body=a_task("a")).execute()


def test_an_insert_whose_task_is_gone_when_we_look_is_done(relay, far, client, there):
    def lost_and_then_consumed() -> Iterator[Fate]:
        yield Fate.UNANSWERED
        with client.queue("q1").lease() as leases:
            leases[0].delete()

    relay.will_always(lost_and_then_consumed())

    stored = far.insert(**there, body=a_task()).execute()

    assert len(stored["id"]) == 32
    assert stored["payloadBase64"] == "aGVsbG8="


@pytest.mark.parametrize("fate", _LOSSES)
def test_a_lease_is_counted_once_or_is_an_error(relay, far, client, there, fate):
    far.insert(**there, body=a_task("a")).execute()
    relay.will(fate)

    try:
        [task] = far.lease(**there, numTasks=1, leaseSecs=60).execute()["items"]
    except ConnectionError:
        assert client.queue("q1").get("a").retry_count == (0 if fate is Fate.LOST else 1)
    else:
        assert (task["id"], task["retry_count"]) == ("a", 1)


@pytest.mark.parametrize("fate", _LOSSES)
@pytest.mark.parametrize("method", ["update", "patch"])
def test_a_renewal_is_recognised_by_its_count_and_its_token(
    relay, far, client, there, fate, method
):
    task = leased(far, there)
    relay.will(fate)

    renewed = getattr(far, method)(**there, task="a", newLeaseSeconds=600, body=task).execute()

    assert int(renewed["leaseTimestamp"]) > int(task["leaseTimestamp"]) + 500_000_000
    assert int(renewed["leaseTimestamp"]) == client.queue("q1").get("a").lease_token


def test_a_renewal_is_lost_if_another_has_the_task_by_now(relay, far, client, there):
    task = leased(far, there)
    far.update(**there, task="a", newLeaseSeconds=0, body=task).execute()
    client.queue("q1").lease()
    relay.will(Fate.UNANSWERED)

    with pytest.raises(HttpError, match="lease has expired"):
        far.update(**there, task="a", newLeaseSeconds=60, body=task).execute()


def test_a_renewal_of_a_task_that_is_gone_is_lost(relay, far, client, there):
    task = leased(far, there)
    client.queue("q1").delete("a")
    relay.will(Fate.UNANSWERED)

    with pytest.raises(HttpError):
        far.update(**there, task="a", newLeaseSeconds=60, body=task).execute()


@pytest.mark.parametrize("fate", _LOSSES)
def test_a_release_is_done_even_if_its_answer_is_lost(relay, far, client, there, fate):
    task = leased(far, there)
    relay.will(fate)

    far.update(**there, task="a", newLeaseSeconds=0, body=task).execute()

    assert [each.retry_count for each in client.queue("q1").lease()] == [2]


# The answer of a delete has no body that could be cut.
@pytest.mark.parametrize("fate", [each for each in _LOSSES if each is not Fate.CUT_IN_BODY])
def test_a_delete_is_done_even_if_its_answer_is_lost(relay, far, there, fate):
    far.insert(**there, body=a_task("a")).execute()
    relay.will(fate)

    assert far.delete(**there, task="a").execute() == ""
    with pytest.raises(HttpError):
        far.delete(**there, task="a").execute()


def test_without_repetition_a_lost_answer_is_a_connection_error(relay, far, there):
    relay.will(Fate.UNANSWERED)

    with pytest.raises(ConnectionError) as caught:
        far.insert(**there, body=a_task("a")).execute(num_retries=0)

    assert caught.value.__cause__.task == "a"
    assert far.get(**there, task="a").execute()["id"] == "a"


@pytest.mark.parametrize("body", [None, [], "x", {"payloadBase64": "!"}])
def test_a_body_that_makes_no_sense_is_the_servers_to_refuse(server: Server, there, body):
    with build(endpoint=server.url) as service, pytest.raises(HttpError, match="400"):
        service.tasks().insert(**there, body=body).execute()


@pytest.mark.parametrize("way", ["build", "execute"])
def test_an_http_of_the_programs_own_is_sent_through(server: Server, there, way):
    http = httplib2.Http()
    own, given = ({"http": http}, {}) if way == "build" else ({}, {"http": http})

    with build(endpoint=server.url, **own) as service:
        tasks = service.tasks()
        tasks.insert(**there, body=a_task("a")).execute(**given)
        with pytest.raises(HttpError, match="Task name is invalid"):
            tasks.insert(**there, body=a_task("a")).execute(**given)

    assert list(http.connections) == [f"http:{server.host}"]
    http.close()


@pytest.mark.parametrize("fate", _LOSSES)
def test_what_goes_through_httplib2_stores_one_task_too(relay, client, there, fate):
    http = httplib2.Http()
    relay.will(fate)

    with build(endpoint=relay.url, retry=_AT_ONCE, token="unused") as service:
        service.tasks().insert(**there, body=a_task()).execute(http=http)

    assert len(client.queue("q1").list()) == 1
    http.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no.such.host.invalid"])
def test_who_cannot_be_reached_was_sent_nothing(there, url):
    http = httplib2.Http()

    with (
        build(endpoint=url, http=http, retry=RetryPolicy.none()) as service,
        pytest.raises(ConnectionError) as caught,
    ):
        service.tasks().insert(**there, body=a_task()).execute()

    assert type(caught.value.__cause__).__name__ == "ConnectError"
    http.close()


def test_who_does_not_answer_in_time_is_a_timeout(relay, there):
    relay.will(Fate.IGNORED)
    http = httplib2.Http(timeout=0.05)

    with (
        build(endpoint=relay.url, http=http, retry=RetryPolicy.none()) as service,
        pytest.raises(TimeoutError),
    ):
        service.tasks().list(**there).execute()
    http.close()


def test_googles_mocks_are_answered_from(tmp_path, there):
    answer = tmp_path / "answer.json"
    answer.write_text('{"items": [{"id": "a"}]}')
    sequence = HttpMockSequence([({"status": "200"}, "{}"), ({"status": "404"}, "no")])

    with build(endpoint="http://h", http=HttpMock(str(answer), {"status": "200"})) as service:
        assert ids(service.tasks().list(**there).execute()) == ["a"]
    with build(endpoint="http://h", http=sequence) as service:
        assert service.tasks().list(**there).execute() == {}
        with pytest.raises(HttpError, match="404"):
            service.tasks().list(**there).execute()


def test_one_service_serves_many_threads(server: Server, there):
    with build(endpoint=server.url) as service:
        made_here = [
            service.tasks().insert(**there, body=a_task(f"t{number}")) for number in range(40)
        ]
        with ThreadPoolExecutor(8) as threads:
            stored = list(threads.map(lambda request: request.execute(), made_here))

    assert [each["id"] for each in stored] == [f"t{number}" for number in range(40)]


def test_a_client_that_is_there_already_is_sent_through(client: Client, there):
    service = build("taskqueue", "v1beta2", client=client)

    service.tasks().insert(**there, body=a_task("a")).execute()

    assert client.queue("q1").get("a").payload == b"hello"


class OldCredentials:
    """What oauth2client's credentials are."""

    scopes: tuple[str, ...] = ()

    def create_scoped_required(self) -> bool:
        return not self.scopes

    def create_scoped(self, scopes: Any) -> OldCredentials:
        self.scopes = tuple(scopes)
        return self

    def get_access_token(self) -> Any:
        class Info:
            access_token = "old-" + "-".join(each.rpartition("/")[2] for each in self.scopes)
            expires_in = 3600

        return Info


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [(Credentials("new"), "Bearer new"), (OldCredentials(), "Bearer old-taskqueue")],
    ids=["google-auth", "oauth2client"],
)
def test_credentials_are_sent_to_an_endpoint_and_never_to_an_emulator(
    monkeypatch, credentials, expected
):
    with listening({}) as listener:

        def heard(**options: Any) -> str | None:
            with build(credentials=credentials, **options) as service:
                service.tasks().list(project="p", taskqueue="q").execute()
            return listener.authorizations[-1]

        assert heard(endpoint=listener.url) == expected
        monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", listener.host)
        assert heard() is None
