"""The tokens file: what it may say, how it is written, and how a running server takes changes."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys

import pytest

from emulator.auth.book import TokenBook, TokensAuthenticator, TokensFile
from emulator.auth.issued import Grant, IssuedTokens
from emulator.auth.keys import MissingLibraryError
from emulator.auth.tokens import TokensFileError, add_token, read_tokens, remove_entry
from emulator.rest.access import Caller
from emulator.rest.errors import WireError
from tests.emulator.auth.entries import TASKQUEUE, a_client, a_token, an_account, write


@pytest.fixture
def who(clock, tokens_path):
    """Who holds a token, by a tokens file that has one."""
    write(tokens_path, tokens=[a_token()])
    return TokensAuthenticator(TokensFile(tokens_path), IssuedTokens(clock), clock).caller


def test_a_token_tells_who_holds_it_and_what_for(clock, tokens_path):
    write(tokens_path, tokens=[a_token(scopes=[TASKQUEUE])])
    authenticator = TokensAuthenticator(TokensFile(tokens_path), IssuedTokens(clock), clock)

    assert authenticator.caller("sesame") == Caller("ada@example.com", frozenset({TASKQUEUE}))


def test_a_token_without_scopes_is_good_for_everything(who):
    assert who("sesame") == Caller("ada@example.com", None)


@pytest.mark.parametrize(
    ("token", "message"),
    [(None, "Login Required"), ("", "Login Required"), ("barley", "Invalid Credentials")],
)
def test_no_token_and_an_unknown_one_are_different_refusals(who, token, message):
    with pytest.raises(WireError, match=message) as refused:
        who(token)

    assert refused.value.status == 401


def test_a_token_expires_by_the_clock_of_the_server(clock, tokens_path):
    write(tokens_path, tokens=[a_token(expires="2027-01-15T08:00:30Z")])
    authenticator = TokensAuthenticator(TokensFile(tokens_path), IssuedTokens(clock), clock)

    clock.advance(29.9)
    assert authenticator.caller("sesame").email == "ada@example.com"

    clock.advance(0.1)
    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller("sesame")


def test_an_edit_is_noticed_without_a_restart(who, tokens_path):
    write(tokens_path, tokens=[a_token("barley", name="window")])

    assert who("barley").email == "ada@example.com"
    with pytest.raises(WireError, match="Invalid Credentials"):
        who("sesame")


def test_a_removal_is_noticed_in_a_hundredth_of_a_second_and_an_addition_at_once(
    clock, tokens_path, monkeypatch
):
    monkeypatch.setattr("emulator.auth.book._RECENT_SECONDS", 0.01)
    seconds = [100.0]
    write(tokens_path, tokens=[a_token()])
    file = TokensFile(tokens_path, monotonic=lambda: seconds[0])
    who = TokensAuthenticator(file, IssuedTokens(clock), clock).caller
    assert who("sesame").email == "ada@example.com"

    write(tokens_path, tokens=[a_token("barley", name="window")])
    seconds[0] += 0.009
    assert who("sesame").email == "ada@example.com"

    assert who("barley").email == "ada@example.com"
    with pytest.raises(WireError, match="Invalid Credentials"):
        who("sesame")

    write(tokens_path, tokens=[])
    seconds[0] += 0.002
    with pytest.raises(WireError, match="Invalid Credentials"):
        who("barley")


def test_an_edit_of_the_same_length_and_time_is_noticed_when_the_file_is_replaced(
    who, tokens_path, tmp_path
):
    before = tokens_path.stat()
    other = write(tmp_path / "other.json", tokens=[a_token("barley")])
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(tokens_path)

    assert tokens_path.stat().st_size == before.st_size
    assert who("barley").email == "ada@example.com"


def test_a_broken_edit_keeps_the_last_good_file_and_is_logged_once(who, tokens_path, caplog):
    tokens_path.write_text("{")

    with caplog.at_level(logging.ERROR):
        assert who("sesame").email == "ada@example.com"
        assert who("sesame").email == "ada@example.com"

    assert len(caplog.records) == 1
    assert f"{tokens_path}:1: not JSON" in caplog.text


def test_a_file_that_goes_away_keeps_its_last_word_until_it_is_back(who, tokens_path, caplog):
    tokens_path.unlink()
    assert who("sesame").email == "ada@example.com"

    write(tokens_path, tokens=[])
    with pytest.raises(WireError, match="Invalid Credentials"):
        who("sesame")


def test_an_unchanged_file_is_not_read_again(who, monkeypatch):
    monkeypatch.setattr("emulator.auth.book.read_tokens", lambda path: pytest.fail("read"))

    assert who("sesame").email == "ada@example.com"


def test_an_issued_token_goes_with_the_entry_it_was_got_with(clock, tokens_path):
    write(tokens_path, clients=[a_client()])
    issued = IssuedTokens(clock)
    authenticator = TokensAuthenticator(TokensFile(tokens_path), issued, clock)
    token = issued.issue(Grant("ada@example.com", None, "client0"))
    assert authenticator.caller(token).email == "ada@example.com"

    write(tokens_path, clients=[])

    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller(token)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"version": 1,\n "tokens": [}', r":2: not JSON"),
        ("[]", r"Expected `object`"),
        ('{"version": 2}', r"version: use 1"),
        ("{}", r"missing required field `version`"),
        ('{"version": 1, "tokens": [{"name": "w"}]}', r"tokens\[0\] \(of 'w'\): .*`sha256`"),
        (
            json.dumps({"version": 1, "tokens": [a_token(sha256="no")]}),
            r"tokens\[0\]\.sha256 \(of 'door'\): .*\^\[0-9a-f\]\{64\}\$",
        ),
        (
            json.dumps({"version": 1, "tokens": [a_token(expire="2030-01-01")]}),
            r"unknown field `expire`",
        ),
        (
            json.dumps({"version": 1, "tokens": [a_token(expires="2030-01-01T00:00:00")]}),
            r"tokens\[0\]\.expires .*timezone",
        ),
        (
            json.dumps({"version": 1, "tokens": [a_token(), a_token("barley")]}),
            r"two entries are called 'door'",
        ),
        (
            json.dumps({"version": 1, "service_accounts": [an_account(public_key="?")]}),
            r"public_key of 'key0' is no public key in PEM; use the text between",
        ),
        (
            json.dumps(
                {
                    "version": 1,
                    "service_accounts": [
                        an_account(metadata=True),
                        an_account(key_id="key1", metadata=True),
                    ],
                }
            ),
            r"only one can",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place_and_the_remedy(
    tokens_path, content, complaint
):
    tokens_path.write_text(content)

    with pytest.raises(TokensFileError, match=complaint) as refused:
        TokenBook(tokens_path)

    assert str(refused.value).startswith(str(tokens_path))
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused_with_what_makes_one(tokens_path):
    with pytest.raises(TokensFileError, match=r"cannot be read: No such file.*tokens add"):
        TokensFile(tokens_path)


def test_service_accounts_without_the_library_name_the_extra(tokens_path, monkeypatch):
    write(tokens_path, service_accounts=[an_account()])
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)

    with pytest.raises(MissingLibraryError, match=r"taskqueue-sdk\[auth\]"):
        TokenBook(tokens_path)


def test_plain_tokens_need_no_library(tokens_path, monkeypatch):
    write(tokens_path, tokens=[a_token()])
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)

    assert TokenBook(tokens_path).tokens.find("sesame") is not None


def test_a_new_token_is_in_the_file_as_its_digest_alone(tokens_path):
    secret = add_token(tokens_path, email="ada@example.com", name="w", scopes=(), days=None)

    assert secret not in tokens_path.read_text()
    book = TokenBook(tokens_path)
    assert book.names == {"w"}
    assert book.tokens.find(secret).caller.email == "ada@example.com"


def test_a_written_file_is_for_its_owner_alone(tokens_path):
    write(tokens_path, tokens=[])
    tokens_path.chmod(0o644)

    add_token(tokens_path, email="ada@example.com", name="w", scopes=(), days=1)

    assert stat.S_IMODE(tokens_path.stat().st_mode) == 0o600
    assert [each.name for each in tokens_path.parent.iterdir()] == ["tokens.json"]


def test_a_link_to_a_tokens_file_stays_one(tokens_path, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(write(tokens_path, tokens=[]))

    add_token(link, email="ada@example.com", name="w", scopes=(), days=None)

    assert link.is_symlink()
    assert [each.name for each in read_tokens(tokens_path).tokens] == ["w"]


def test_a_token_that_the_file_could_not_hold_leaves_it_as_it_was(tokens_path):
    before = write(tokens_path, tokens=[a_token()]).read_bytes()

    for wrong in ({"email": "ada", "name": "w"}, {"email": "ada@example.com", "name": "door"}):
        with pytest.raises(TokensFileError):
            add_token(tokens_path, scopes=(), days=None, **wrong)

    assert tokens_path.read_bytes() == before


def test_an_entry_of_any_kind_is_removed_by_its_name(tokens_path):
    write(tokens_path, tokens=[a_token()], service_accounts=[an_account()], clients=[a_client()])

    for name in ("door", "key0", "client0"):
        remove_entry(tokens_path, name)

    assert read_tokens(tokens_path).entries == ()
    with pytest.raises(TokensFileError, match="no entry is called 'door'"):
        remove_entry(tokens_path, "door")
