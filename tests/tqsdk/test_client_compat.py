"""The chain of googleapiclient over tqsdk, beside googleapiclient itself: both must read alike."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import googleapiclient.errors
import httplib2
import pytest
from googleapiclient.discovery import build_from_document
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery import contract
from tqsdk import Client, ConfigError, ConnectError, RequestTimeoutError, RetryPolicy
from tqsdk.compat import errors
from tqsdk.compat.discovery import build
from tqsdk.testing import ScriptedTransport, VirtualClock, answer, refusal

URL = "http://h:1"
QUEUE = {"project": "s~p", "taskqueue": "q"}
METHODS = contract.load().methods

values = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    "integer": st.integers(),
    "boolean": st.booleans(),
}


def googles(**options: Any) -> Any:
    document = json.loads(contract.load().document)
    return build_from_document({**document, "rootUrl": f"{URL}/"}, http=httplib2.Http(), **options)


GOOGLES = googles()


def ours(*answers: Any, **options: Any) -> tuple[Any, ScriptedTransport]:
    transport = ScriptedTransport(*answers)
    options = {"clock": VirtualClock(), **options}
    return build(client=Client("p", endpoint=URL, transport=transport, **options)), transport


def describe(service: Any, method: str, arguments: dict[str, Any]) -> Any:
    _, collection, name = method.split(".")
    return getattr(getattr(service, collection)(), name)(**arguments)


@st.composite
def described(draw: Any) -> tuple[str, dict[str, Any]]:
    """A method, and arguments that it takes, some of them None."""
    method = draw(st.sampled_from(list(METHODS.values())))
    optional = {**method.parameters, **contract.load().parameters}
    arguments = {
        name: draw(values[each.type])
        for name, each in optional.items()
        if each.required or (name != "alt" and draw(st.booleans()))
    }
    arguments |= {"trace": None, "strict": "x"}
    if method.request:
        arguments["body"] = {"id": draw(values["string"]), "leaseTimestamp": "1"}
    return method.id, dict(draw(st.permutations(list(arguments.items()))))


@settings(max_examples=50)
@given(described())
def test_a_request_reads_as_googles_own(call):
    service, _ = ours()

    mine, theirs = describe(service, *call), describe(GOOGLES, *call)

    assert (mine.uri, mine.method, mine.body) == (theirs.uri, theirs.method, theirs.body)
    assert (mine.methodId, mine.resumable) == (theirs.methodId, theirs.resumable)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("taskqueue.tasks.lease", {**QUEUE, "leaseSecs": 60}),
        ("taskqueue.tasks.lease", {}),
        ("taskqueue.tasks.lease", {**QUEUE, "leaseSecs": 60, "numTasks": None}),
        ("taskqueue.tasks.lease", {**QUEUE, "leaseSecs": 60, "numTask": 1}),
        ("taskqueue.tasks.lease", {**QUEUE, "leaseSecs": 60, "numTasks": 1, "body": {}}),
        ("taskqueue.tasks.get", {**QUEUE, "task": "t", "alt": "xml"}),
        ("taskqueue.tasks.patch", {**QUEUE, "task": "t", "body": {}}),
    ],
)
def test_mistakes_are_told_in_googles_words(method, arguments):
    service, _ = ours()

    with pytest.raises(TypeError) as theirs:
        describe(GOOGLES, method, arguments)
    with pytest.raises(TypeError) as mine:
        describe(service, method, arguments)

    assert str(mine.value) == str(theirs.value)


@pytest.mark.parametrize("value", ["x", None])
def test_a_number_that_is_none_is_refused_as_google_does(value):
    service, _ = ours()
    arguments = {**QUEUE, "leaseSecs": value, "numTasks": 1}

    with pytest.raises((ValueError, TypeError)) as theirs:
        describe(GOOGLES, "taskqueue.tasks.lease", arguments)
    with pytest.raises((ValueError, TypeError)) as mine:
        describe(service, "taskqueue.tasks.lease", arguments)

    assert (type(mine.value), str(mine.value)) == (type(theirs.value), str(theirs.value))


def test_a_key_of_the_developers_is_sent_with_each_call():
    request = build(endpoint=URL, developerKey="k").tasks().list(**QUEUE)

    assert request.uri == googles(developerKey="k").tasks().list(**QUEUE).uri


def test_what_a_program_changes_is_what_is_sent():
    service, transport = ours(answer({}))
    request = service.tasks().insert(**QUEUE, body={"id": "a"})

    request.headers["X-Mine"] = "1"
    request.uri += "&userIp=1"
    request.body = '{"id": "b"}'
    request.execute()

    [sent] = transport.requests
    assert sent.header("X-Mine") == "1"
    assert sent.url.endswith("/tasks?alt=json&userIp=1")
    assert json.loads(sent.body) == {"id": "b"}


def test_a_request_cannot_be_sent_to_another_server():
    service, _ = ours()
    request = service.tasks().list(**QUEUE)
    request.uri = "http://other/x"

    with pytest.raises(ConfigError, match="cannot send to http://other/x"):
        request.execute()


def test_answers_are_dicts_as_they_came():
    tasks = {"kind": "taskqueues#tasks", "items": [{"id": "a", "new": {"x": None}}]}
    service, _ = ours(answer(tasks), answer(), answer({"stats": {}}))

    assert service.tasks().lease(**QUEUE, leaseSecs=60, numTasks=1).execute() == tasks
    assert service.tasks().delete(**QUEUE, task="a").execute() == ""
    assert service.taskqueues().get(**QUEUE, getStats=True).execute() == {"stats": {}}


def test_a_refusal_is_googles_error_with_its_facts():
    service, _ = ours(refusal(404, "Queue not found.", reason="notFound", headers={"X-A": "b"}))
    request = service.tasks().list(**QUEUE)
    heard: list[Any] = []
    request.add_response_callback(heard.append)

    with pytest.raises(googleapiclient.errors.HttpError) as caught:
        request.execute()

    error = caught.value
    assert type(error) is errors.HttpError
    assert (error.resp.status, error.status_code, error.resp.reason) == (404, 404, "Not Found")
    assert (error.resp["status"], error.resp["x-a"]) == ("404", "b")
    assert error.reason == "Queue not found."
    assert error.error_details[0]["reason"] == "notFound"
    assert json.loads(error.content)["error"]["code"] == 404
    assert error.uri == request.uri
    assert type(error.__cause__).__name__ == "QueueNotFoundError"
    assert heard[0].status == 404


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(ConnectError("x"), ConnectionError), (RequestTimeoutError("x"), TimeoutError)],
)
def test_no_answer_is_an_error_of_pythons(failure, expected):
    service, _ = ours(failure)

    with pytest.raises(expected) as caught:
        service.tasks().list(**QUEUE).execute(num_retries=0)

    assert caught.value.__cause__ is failure


def test_a_lease_that_may_have_been_given_is_an_error_of_the_server():
    service, transport = ours(refusal(503, "Backend Error"), answer({}))

    with pytest.raises(googleapiclient.errors.HttpError, match="503"):
        service.tasks().lease(**QUEUE, leaseSecs=60, numTasks=1).execute(num_retries=5)

    # One lease, and a look at whether this server knows the header.
    assert [each.method for each in transport.requests] == ["POST", "GET"]


@pytest.mark.parametrize(("num_retries", "attempts"), [(0, 1), (2, 3), (None, 4)])
def test_the_client_repeats_unless_told_how_often(num_retries, attempts):
    failing = [refusal(503, "Backend Error")] * attempts
    service, transport = ours(*failing, retry=RetryPolicy(attempts=4))

    with pytest.raises(googleapiclient.errors.HttpError):
        service.tasks().list(**QUEUE).execute(num_retries=num_retries)

    assert len(transport.requests) == attempts


def test_another_api_or_version_or_setting_is_refused():
    for name, version in ("tasks", "v1"), ("taskqueue", "v1beta1"):
        with pytest.raises(googleapiclient.errors.UnknownApiNameOrVersion):
            build(name, version, endpoint=URL)
    with pytest.raises(TypeError, match="'endpiont'"):
        build(endpiont=URL)
    with pytest.raises(ConfigError, match="TASKQUEUE_ENDPOINT"):
        build("taskqueue", "v1beta2", cache_discovery=False)


def test_requests_of_a_batch_answer_each_by_itself():
    service, _ = ours(answer({"id": "a"}), refusal(404, "no"), answer())
    heard: list[tuple[str, Any, Any]] = []
    own: list[str] = []
    batch = service.new_batch_http_request(lambda *each: heard.append(each))

    batch.add(service.tasks().get(**QUEUE, task="a"))
    batch.add(service.tasks().get(**QUEUE, task="b"), request_id="mine")
    batch.add(service.tasks().delete(**QUEUE, task="c"), lambda name, *_: own.append(name))
    batch.execute()

    assert [(name, result) for name, result, _ in heard] == [
        ("1", {"id": "a"}),
        ("mine", None),
        ("3", ""),
    ]
    assert [type(error) for *_, error in heard] == [
        type(None),
        googleapiclient.errors.HttpError,
        type(None),
    ]
    assert own == ["3"]


def test_a_batch_has_at_most_1000_requests_of_different_ids():
    service, _ = ours()
    batch = service.new_batch_http_request()
    request = service.tasks().list(**QUEUE)

    batch.add(request, request_id="2")
    batch.add(request)
    with pytest.raises(KeyError):
        batch.add(request, request_id="3")
    for _ in range(998):
        batch.add(request)
    with pytest.raises(googleapiclient.errors.BatchError):
        batch.add(request)


CONTENTS = [
    b"",
    b"<html>Bad Gateway</html>",
    b'{"error": {"message": " no ", "errors": [{"reason": "notFound"}]}}',
    b'{"error": {"message": "no", "details": [1], "errors": [2]}}',
    b'{"error": {"message": "no"}}',
    b'{"error": "no"}',
    b"{}",
]

# What is left of the errors module where google-api-python-client is not installed.
WITHOUT_GOOGLE = (
    "import sys; sys.modules['googleapiclient'] = sys.modules['googleapiclient.errors'] = None;"
)


def shown(module: Any, content: bytes) -> list[Any]:
    error = module.HttpError(errors.Resp(404, {"ETag": "e"}), content, uri="http://h")
    return [str(error), error.reason, error.error_details, error.status_code, error.resp["etag"]]


def test_without_googles_client_the_errors_are_of_the_same_shape():
    script = (
        f"{WITHOUT_GOOGLE} import json, pickle\n"
        "from tqsdk.compat import discovery, errors\n"
        "resp = errors.Resp(404, {'ETag': 'e'}); shown = []\n"
        f"for content in {CONTENTS!r}:\n"
        "    e = errors.HttpError(resp, content, uri='http://h')\n"
        "    assert vars(pickle.loads(pickle.dumps(e))) == vars(e)\n"
        "    shown.append([str(e), e.reason, e.error_details, e.status_code, e.resp['etag']])\n"
        "assert issubclass(errors.BatchError, errors.HttpError)\n"
        "assert str(errors.BatchError('no')) == '<BatchError \"no\">'\n"
        "print(json.dumps(shown))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stderr == ""
    assert json.loads(done.stdout) == [
        shown(googleapiclient.errors, content) for content in CONTENTS
    ]


@pytest.mark.parametrize("content", CONTENTS)
def test_the_errors_pickle_and_copy(content):
    error = errors.HttpError(errors.Resp(404, {"ETag": "e"}), content, uri="http://h")

    for other in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert shown_of(other) == shown_of(error)


def shown_of(error: Any) -> list[Any]:
    return [str(error), error.resp, error.resp.status, error.resp.reason, error.content, error.uri]
