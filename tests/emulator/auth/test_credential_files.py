"""The files that ``tq-emulator credentials`` writes, and what the server learns of them."""

from __future__ import annotations

import json
import stat
import sys

import pytest
from google.oauth2 import service_account

from emulator.auth.credentials import Identity, environment, write_credentials
from emulator.auth.digests import digest
from emulator.auth.keys import MissingLibraryError
from emulator.auth.tokens import TokensFileError, read_tokens
from emulator.config import SettingsError
from tests.emulator.auth.entries import ROBOT, TASKQUEUE, a_token, an_account, write

URL = "http://127.0.0.1:8088"
WHO = Identity(email=ROBOT, project="my-app", scopes=(TASKQUEUE,))


def contents(files):
    return {path.name: json.loads(path.read_text()) for path in files}


def test_every_file_sends_its_reader_to_us(tmp_path):
    written = contents(write_credentials(WHO, f"{URL}/", tmp_path / "out", None))

    assert written["service-account.json"]["token_uri"] == f"{URL}/token"
    assert written["authorized-user.json"]["token_uri"] == f"{URL}/token"
    assert written["external-account-authorized-user.json"]["token_url"] == f"{URL}/token"
    assert written["oauth2client.json"]["token_uri"] == f"{URL}/token"


def test_google_auth_reads_the_key_file(tmp_path):
    files = write_credentials(WHO, URL, tmp_path, None)

    read = service_account.Credentials.from_service_account_file(files[0])

    assert read.service_account_email == ROBOT
    assert read.project_id == "my-app"


def test_the_files_are_for_their_owner_alone(tmp_path):
    files = write_credentials(WHO, URL, tmp_path / "out", tmp_path / "tokens.json")

    for path in (*files, tmp_path / "tokens.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_the_server_learns_the_public_key_and_digests_and_no_secret(tmp_path, tokens_path):
    written = contents(write_credentials(WHO, URL, tmp_path / "out", tokens_path))

    document = read_tokens(tokens_path)
    account, user = written["service-account.json"], written["authorized-user.json"]
    assert document.service_accounts[0].key_id == account["private_key_id"]
    assert document.service_accounts[0].audiences == (f"{URL}/token",)
    assert document.clients[0].refresh_token_sha256 == digest(user["refresh_token"])
    text = tokens_path.read_text()
    assert "PRIVATE" not in text
    assert user["refresh_token"] not in text
    assert user["client_secret"] not in text


def test_what_the_tokens_file_has_stays(tmp_path, tokens_path):
    write(tokens_path, tokens=[a_token()], service_accounts=[an_account(metadata=True)])

    write_credentials(WHO, URL, tmp_path / "out", tokens_path)

    document = read_tokens(tokens_path)
    assert [each.name for each in document.tokens] == ["door"]
    assert [each.metadata for each in document.service_accounts] == [True, False]


def test_a_machine_has_one_account_the_last_one_asked_for(tmp_path, tokens_path):
    write(tokens_path, service_accounts=[an_account(metadata=True)])
    who = Identity(email="new@example.com", project="my-app", metadata=True)

    write_credentials(who, URL, tmp_path / "out", tokens_path)

    given_out = [each.email for each in read_tokens(tokens_path).service_accounts if each.metadata]
    assert given_out == ["new@example.com"]


def test_no_file_is_overwritten(tmp_path, tokens_path):
    files = write_credentials(WHO, URL, tmp_path, None)
    before = [path.read_bytes() for path in files]

    with pytest.raises(SettingsError, match="is there already"):
        write_credentials(WHO, URL, tmp_path, tokens_path)

    assert [path.read_bytes() for path in files] == before
    assert not tokens_path.exists()


def test_no_key_is_left_lying_when_the_server_cannot_learn_of_it(tmp_path, tokens_path):
    tokens_path.write_text("{")

    with pytest.raises(TokensFileError):
        write_credentials(WHO, URL, tmp_path / "out", tokens_path)

    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8088", "ftp://host", "http://", "http://h:p", "http://h/path", "http://a@h"]
)
def test_an_address_that_is_none_is_refused(tmp_path, url):
    with pytest.raises(SettingsError, match="use http://HOST:PORT"):
        write_credentials(WHO, url, tmp_path / "out", None)

    assert not (tmp_path / "out").exists()


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)

    with pytest.raises(MissingLibraryError, match=r"taskqueue-sdk\[auth\]"):
        write_credentials(WHO, URL, tmp_path / "out", None)


def test_the_variables_are_as_a_shell_reads_them(tmp_path):
    files = write_credentials(WHO, URL, tmp_path / "my files", None)

    lines = environment(files, URL, metadata=True)

    assert lines[0] == (
        f"export GOOGLE_APPLICATION_CREDENTIALS='{tmp_path}/my files/service-account.json'"
    )
    assert "# export GCE_METADATA_HOST=127.0.0.1:8088" in lines
    assert all(line.startswith("#") for line in lines[1:])


@pytest.mark.parametrize(("url", "metadata"), [("https://127.0.0.1:8088", True), (URL, False)])
def test_the_metadata_server_is_offered_only_where_it_works(tmp_path, url, metadata):
    files = write_credentials(WHO, url, tmp_path, None)

    assert "GCE_METADATA" not in "".join(environment(files, url, metadata=metadata))
