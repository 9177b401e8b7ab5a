"""Google's own client, built by us or mended by us, against a server of ours."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import apiclient.discovery
import googleapiclient.discovery
import httplib2
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build as imported_before
from googleapiclient.errors import HttpError, UnknownApiNameOrVersion

from emulator.testing import Server
from tests.together.listener import listening
from tests.together.walk import ids
from tqsdk import ConfigError
from tqsdk.compat import googleapi

SECRET = "a-secret"


@pytest.fixture(autouse=True)
def _leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("TASKQUEUE_EMULATOR_HOST", "TASKQUEUE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    yield
    googleapi.uninstall()


@pytest.fixture
def there(project: str) -> dict[str, str]:
    return {"project": f"s~{project}", "taskqueue": "q1"}


def a_task(name: str) -> Any:
    payload = base64.urlsafe_b64encode(b"hello").decode()
    return {"queueName": "q1", "id": name, "payloadBase64": payload}


def works(service: Any, there: dict[str, str]) -> None:
    """Whether tasks go in and out, by themselves and in a batch."""
    tasks = service.tasks()
    assert tasks.insert(**there, body=a_task("a")).execute()["id"] == "a"
    batch = service.new_batch_http_request()
    batch.add(tasks.insert(**there, body=a_task("b")))
    batch.execute()
    assert ids(tasks.lease(**there, numTasks=9, leaseSecs=60).execute()) == ["a", "b"]
    assert tasks.delete(**there, task="a").execute() == ""
    with pytest.raises(HttpError, match="Task name is invalid"):
        tasks.delete(**there, task="a").execute()


def test_a_service_is_built_for_an_endpoint(server: Server, there):
    with googleapi.build(endpoint=server.url) as service:
        works(service, there)


@pytest.mark.parametrize("variable", ["TASKQUEUE_EMULATOR_HOST", "TASKQUEUE_ENDPOINT"])
def test_the_endpoint_may_come_from_the_environment(monkeypatch, server: Server, there, variable):
    url = server.url if variable == "TASKQUEUE_ENDPOINT" else server.host
    monkeypatch.setenv(variable, url)

    with googleapi.build("taskqueue", "v1beta2", cache_discovery=False) as service:
        works(service, there)


def test_the_old_version_can_be_built_too(server: Server, there):
    with googleapi.build("taskqueue", "v1beta1", endpoint=server.url) as service:
        assert "items" not in service.tasks().lease(**there, numTasks=1, leaseSecs=1).execute()
        assert not hasattr(service.tasks(), "insert")


def test_without_a_server_nothing_is_built_and_nothing_is_sent_to_google():
    with pytest.raises(ConfigError, match="TASKQUEUE_EMULATOR_HOST"):
        googleapi.build()
    with pytest.raises(ConfigError, match="only versions v1beta1, v1beta2 of 'taskqueue'"):
        googleapi.build("tasks", "v1", endpoint="http://h")


def test_one_service_serves_many_threads(server: Server, there):
    with googleapi.build(endpoint=server.url) as service:
        made_here = [
            service.tasks().insert(**there, body=a_task(f"t{number}")) for number in range(80)
        ]
        with ThreadPoolExecutor(8) as threads:
            stored = list(threads.map(lambda request: request.execute(), made_here))

        assert [each["id"] for each in stored] == [f"t{number}" for number in range(80)]
        listed = ids(service.tasks().list(**there).execute())
        assert sorted(listed) == sorted(ids({"items": stored}))


def test_credentials_are_sent_to_an_endpoint_and_never_to_an_emulator(monkeypatch):
    credentials = Credentials(SECRET)
    with listening({"kind": "taskqueues#tasks"}) as listener:

        def heard(**options: Any) -> str | None:
            with googleapi.build(credentials=credentials, **options) as service:
                service.tasks().list(project="p", taskqueue="q").execute()
            return listener.authorizations[-1]

        assert heard(endpoint=listener.url) == f"Bearer {SECRET}"
        monkeypatch.setenv("TASKQUEUE_ENDPOINT", listener.url)
        assert heard() == f"Bearer {SECRET}"
        monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", listener.host)
        assert heard() is None


def test_credentials_are_not_sent_unprotected_over_a_network():
    with pytest.raises(ConfigError, match="use https://"):
        googleapi.build(endpoint="http://queue.example", credentials=Credentials(SECRET))


def test_credentials_of_oauth2client_authorize_an_http_of_each_thread():
    class Old:
        """What oauth2client's credentials are to googleapiclient."""

        scopes: tuple[str, ...] = ()

        def create_scoped_required(self) -> bool:
            return not self.scopes

        def create_scoped(self, scopes: Iterable[str]) -> Old:
            self.scopes = tuple(scopes)
            return self

        def authorize(self, http: httplib2.Http) -> httplib2.Http:
            send = http.request

            def request(uri: str, method: str, body: Any, headers: Any) -> Any:
                return send(uri, method, body, {**headers, "Authorization": f"Old {self.scopes}"})

            http.request = request
            return http

    with (
        listening({}) as listener,
        googleapi.build(endpoint=listener.url, credentials=Old()) as service,
    ):
        service.tasks().list(project="p", taskqueue="q").execute()

        assert "auth/taskqueue'" in (listener.authorizations[-1] or "")


def test_an_http_of_the_programs_own_is_used_as_it_is(server: Server, there):
    http = httplib2.Http()

    with googleapi.build(endpoint=server.url, http=http) as service:
        request = service.tasks().list(**there)
        assert request.http is http
        assert request.execute()["kind"] == "taskqueues#tasks"


def test_an_api_endpoint_of_the_programs_own_wins(server: Server, there):
    options = {"api_endpoint": f"{server.url}/taskqueue/v1beta2/projects/"}

    with googleapi.build(client_options=options) as service:
        assert service.tasks().list(**there).execute()["kind"] == "taskqueues#tasks"


def test_a_file_of_credentials_is_refused_with_what_to_do():
    with pytest.raises(ConfigError, match="load it, and pass credentials="):
        googleapi.build(endpoint="http://h", client_options={"credentials_file": "x"})


@pytest.mark.parametrize(
    "build",
    [imported_before, apiclient.discovery.build, googleapiclient.discovery.build],
    ids=["imported before", "apiclient", "googleapiclient"],
)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"http": httplib2.Http()},
        {"developerKey": "none"},
        {"credentials": Credentials(SECRET)},
        {"cache_discovery": False},
    ],
    ids=lambda options: "".join(options) or "bare",
)
def test_the_old_call_works_once_installed(monkeypatch, server: Server, there, build, options):
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", server.host)
    with pytest.raises(UnknownApiNameOrVersion):
        build("taskqueue", "v1beta2", **options)

    googleapi.install()

    with build("taskqueue", "v1beta2", **options) as service:
        works(service, there)
    with build(serviceName="taskqueue", version="v1beta1", **options) as service:
        assert "items" in service.tasks().list(**there).execute()


def test_installing_names_an_endpoint_and_credentials_for_calls_that_have_none():
    with listening({"kind": "taskqueues#tasks"}) as listener:
        googleapi.install(endpoint=listener.url, credentials=Credentials("of install"))

        for options in ({}, {"credentials": Credentials("of the call")}):
            with imported_before("taskqueue", "v1beta2", **options) as service:
                service.tasks().list(project="p", taskqueue="q").execute()

        assert listener.authorizations == ["Bearer of install", "Bearer of the call"]


def test_installing_again_changes_the_settings_and_uninstalling_ends_all():
    before = (googleapiclient.discovery.build_from_document, imported_before)

    googleapi.install(endpoint="http://127.0.0.1:1")
    googleapi.install(endpoint="http://127.0.0.1:2/base")

    with imported_before("taskqueue", "v1beta2") as service:
        request = service.tasks().list(project="s~p", taskqueue="q")
    assert request.uri.startswith(
        "http://127.0.0.1:2/base/taskqueue/v1beta2/projects/s~p/taskqueues/q/tasks?"
    )
    for _ in range(2):
        googleapi.uninstall()
        assert (googleapiclient.discovery.build_from_document, imported_before) == before
        with pytest.raises(UnknownApiNameOrVersion):
            imported_before("taskqueue", "v1beta2")


def test_other_apis_are_none_the_wiser():
    def uri() -> str:
        with imported_before("tasks", "v1", developerKey="none") as service:
            return service.tasklists().list().uri

    before = uri()
    googleapi.install(endpoint="http://h")

    assert uri() == before
    with pytest.raises(UnknownApiNameOrVersion):
        imported_before("taskqueue", "v9")


def test_a_document_of_another_server_is_left_alone(server: Server, there):
    googleapi.install(endpoint="http://127.0.0.1:1")
    url = f"{server.url}/discovery/v1/apis/{{api}}/{{apiVersion}}/rest"

    with imported_before(
        "taskqueue", "v1beta2", discoveryServiceUrl=url, http=httplib2.Http()
    ) as service:
        assert service.tasks().list(**there).execute()["kind"] == "taskqueues#tasks"


def test_without_googles_client_the_error_says_what_to_install():
    script = "import sys; sys.modules['googleapiclient'] = None; import tqsdk.compat.googleapi"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert "pip install 'taskqueue-sdk[google]'" in done.stderr
