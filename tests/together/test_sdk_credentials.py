"""tqsdk with Google's credentials against a server that demands them and gives out their tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from google.auth.credentials import AnonymousCredentials
from google.oauth2.service_account import Credentials

from emulator.auth.credentials import Identity, write_credentials
from tests.emulator.auth.entries import ROBOT
from tests.emulator.auth.running import a_server
from tqsdk import Client, CredentialsError, RetryPolicy, UnauthenticatedError, auth
from tqsdk.cli.failures import Exit
from tqsdk.cli.root import tq


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("credentials")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    (folder / "tokens.json").write_text('{"version": 1}')
    options = ("--store", "sqlite://", "--auth", "tokens", "--tokens", "tokens.json")
    with a_server(*options, folder=folder) as address:
        robot = Identity(email=ROBOT, project="my-app", metadata=True)
        write_credentials(robot, address, folder / "creds", folder / "tokens.json")
        yield address


@pytest.fixture
def key(url: str, folder: Path) -> Path:
    return folder / "creds" / "service-account.json"


@pytest.fixture(autouse=True)
def _nothing_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


def may_insert(url: str, credentials: auth.Credentials) -> bool:
    with Client("my-app", endpoint=url, credentials=credentials) as client:
        return client.queue("mail").insert(b"x").payload == b"x"


def test_the_server_demands_a_token(url):
    with Client("my-app", endpoint=url) as client, pytest.raises(UnauthenticatedError):
        client.queue("mail").list()


def test_a_service_account_is_let_in_by_its_file_and_by_what_is_in_it(url, key):
    assert may_insert(url, auth.service_account(key))
    assert may_insert(url, auth.service_account(json.loads(key.read_text())))


def test_credentials_without_scopes_get_those_of_the_api(url, key):
    assert may_insert(url, Credentials.from_service_account_file(str(key)))


def test_default_credentials_are_found_in_a_file(url, key, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))

    assert may_insert(url, auth.default())


def test_tq_takes_default_credentials_when_asked(url, key, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    insert = ["--endpoint", url, "--project", "my-app", "tasks", "insert", "mail", "x"]

    assert CliRunner().invoke(tq, insert).exit_code == Exit.NOT_ALLOWED
    assert CliRunner().invoke(tq, [*insert, "--auth", "google"]).exit_code == Exit.DONE


def test_default_credentials_that_are_not_there_are_an_error_of_the_first_call(url, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file")

    client = Client("my-app", endpoint=url, credentials=auth.default())

    with client, pytest.raises(CredentialsError, match="/no/such/file"):
        client.queue("mail").list()


def test_a_token_that_the_server_does_not_know_is_renewed(url, key):
    credentials = Credentials.from_service_account_file(str(key), scopes=auth.SCOPES)
    credentials.token = "forgotten"
    credentials.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)

    assert may_insert(url, credentials)
    assert credentials.token != "forgotten"


def test_a_token_that_others_got_for_the_same_credentials_is_used(url, key):
    credentials = auth.service_account(key)
    assert may_insert(url, credentials)
    token = credentials.token

    assert may_insert(url, credentials)
    assert credentials.token == token


def test_anonymous_credentials_send_nothing_and_may_go_to_an_emulator(url, monkeypatch):
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", urlsplit(url).netloc)

    client = Client("my-app", credentials=AnonymousCredentials())

    with client, pytest.raises(UnauthenticatedError):
        client.queue("mail").list()


def test_a_token_endpoint_that_cannot_be_reached_is_asked_again_and_named(url, key):
    moved = {**json.loads(key.read_text()), "token_uri": "http://127.0.0.1:1/token"}
    credentials = auth.service_account(moved)
    retry = RetryPolicy(attempts=2, base=0)
    client = Client("my-app", endpoint=url, credentials=credentials, retry=retry)

    with client, pytest.raises(CredentialsError) as caught:
        client.queue("mail").list()

    assert caught.value.transient
    assert caught.value.attempts == 0


@pytest.mark.parametrize("key", ["/no/such/file", {}, {"type": "authorized_user"}])
def test_what_is_no_key_is_an_error(key):
    with pytest.raises(CredentialsError, match="not the key of a service account"):
        auth.service_account(key)
