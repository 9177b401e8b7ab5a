"""Google's metadata server: who may ask, and what it says."""

from __future__ import annotations

import json

import pytest

from emulator.auth.issued import Grant, IssuedTokens
from emulator.auth.metadata import Machine, MetadataServer, open_machine
from emulator.rest.access import Guard
from emulator.rest.errors import WireError
from tests.emulator.auth.entries import CONSUMER, ROBOT, TASKQUEUE, a_request

ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default"


@pytest.fixture
def issued(clock):
    return IssuedTokens(clock)


@pytest.fixture
def machine():
    return Machine(email=ROBOT, scopes=(TASKQUEUE,), source="key0", project="my-app")


@pytest.fixture
def ask(machine, issued):
    """Ask for a path as Google's libraries do."""
    server = MetadataServer(lambda: machine, issued, Guard())

    def asked(path, query="", verb="GET", **headers):
        headers = {"metadata_flavor": "Google", **headers}
        return server(a_request(verb, path, query=query, **headers))

    return asked


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "computeMetadata/\n"),
        ("/computeMetadata/", "v1/\n"),
        ("/computeMetadata/v1/", "instance/\nproject/\nuniverse/\n"),
        ("/computeMetadata/v1/project/project-id", "my-app"),
        ("/computeMetadata/v1/project/numeric-project-id", "1"),
        ("/computeMetadata/v1/universe/universe-domain", "googleapis.com"),
        ("/computeMetadata/v1/universe/universe_domain", "googleapis.com"),
        ("/computeMetadata/v1/instance/service-accounts/", f"default/\n{ROBOT}/\n"),
        (f"{ACCOUNT}/email", ROBOT),
        (f"{ACCOUNT}/scopes", f"{TASKQUEUE}\n"),
        (f"{ACCOUNT}/", "aliases\nemail\nscopes\n"),
    ],
)
def test_each_path_says_what_google_said_there(ask, path, text):
    answer = ask(path)

    assert answer.body.decode() == text
    assert dict(answer.headers)["metadata-flavor"] == "Google"


def test_an_account_is_one_json_object_where_that_is_asked_for(ask):
    answer = ask(f"{ACCOUNT}/", "recursive=true")

    assert json.loads(answer.body) == {
        "aliases": ["default"],
        "email": ROBOT,
        "scopes": [TASKQUEUE],
    }
    assert dict(answer.headers)["content-type"] == "application/json"


def test_names_are_in_camel_case_in_json(ask):
    members = json.loads(ask("/computeMetadata/v1/", "recursive=True").body)

    assert members["project"] == {"numericProjectId": 1, "projectId": "my-app"}
    assert list(members["instance"]["serviceAccounts"]) == ["default", ROBOT]


@pytest.mark.parametrize("name", ["default", ROBOT])
def test_a_token_is_given_for_the_account(ask, issued, name):
    answer = ask(f"/computeMetadata/v1/instance/service-accounts/{name}/token")

    members = json.loads(answer.body)
    assert issued.find(members.pop("access_token")) == Grant(ROBOT, frozenset({TASKQUEUE}), "key0")
    assert members == {"expires_in": 3600, "token_type": "Bearer"}


def test_a_token_may_be_asked_for_by_scopes(ask, issued):
    answer = ask(f"{ACCOUNT}/token", f"scopes={TASKQUEUE},{CONSUMER}")

    token = json.loads(answer.body)["access_token"]
    assert issued.find(token).scopes == frozenset({TASKQUEUE})
    with pytest.raises(WireError) as refused:
        ask(f"{ACCOUNT}/token", f"scopes={CONSUMER}")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "path", [f"{ACCOUNT}/identity", "/computeMetadata/v2/", f"{ACCOUNT}/email/x"]
)
def test_what_is_not_there_is_not_found(ask, path):
    with pytest.raises(WireError, match="Not Found"):
        ask(path)


def test_only_reading_is_possible(ask):
    with pytest.raises(WireError, match="Not Found"):
        ask(f"{ACCOUNT}/token", verb="POST")


@pytest.mark.parametrize(
    "headers",
    [
        {"metadata_flavor": "google"},
        {"origin": "http://localhost:3000"},
        {"origin": "https://example.com"},
        {"x_forwarded_for": "127.0.0.1"},
        {"host": "rebound.example.com"},
    ],
)
def test_no_token_for_who_may_be_a_web_page_or_a_proxy(ask, headers):
    with pytest.raises(WireError) as refused:
        ask(f"{ACCOUNT}/token", **headers)

    assert refused.value.status == 403


def test_a_machine_without_an_account_has_no_token(issued):
    server = MetadataServer(lambda: Machine(email=None), issued, None)

    with pytest.raises(WireError, match='"metadata": true') as refused:
        server(a_request("GET", f"{ACCOUNT}/token", metadata_flavor="Google"))

    assert refused.value.status == 403


def test_an_open_servers_account_has_every_scope(issued):
    server = MetadataServer(open_machine, issued, None)

    answer = server(a_request("GET", f"{ACCOUNT}/token", metadata_flavor="Google"))

    assert issued.find(json.loads(answer.body)["access_token"]).scopes is None


def test_the_front_page_is_not_the_metadata_servers_but_for_its_own_programs(issued):
    server = MetadataServer(open_machine, issued, None)

    assert server(a_request("GET", "/")) is None
    assert server(a_request("GET", "/taskqueue", metadata_flavor="Google")) is None
