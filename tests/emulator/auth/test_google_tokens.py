"""``--auth google``, with keys and answers made here in place of Google's."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from google.auth import exceptions

from emulator.auth.google import GoogleAuthenticator
from emulator.auth.keys import MissingLibraryError
from emulator.engine.clock import MICROSECONDS, VirtualClock
from emulator.rest.access import Caller
from emulator.rest.errors import WireError
from tests.emulator.auth.entries import TASKQUEUE, a_key, signed

AUDIENCE = "tasks.example.com"
IDENTITY = {
    "iss": "https://accounts.google.com",
    "aud": AUDIENCE,
    "email": "ada@example.com",
    "email_verified": True,
    "scope": None,
}


@dataclass
class Reply:
    status: int
    data: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Google:
    """What is asked over the network, answered here."""

    def __init__(self):
        self.asked = []
        self.certificates = {"key0": a_key().public}
        self.token_info = {
            "email": "ada@example.com",
            "email_verified": "true",
            "scope": f"openid {TASKQUEUE}",
            "expires_in": "3599",
        }
        self.status = 200

    def __call__(self, url, method="GET", **options):
        self.asked.append(url)
        if self.status is None:
            raise exceptions.TransportError("no network")
        members = self.token_info if "tokeninfo" in url else self.certificates
        return Reply(self.status, json.dumps(members).encode())


@pytest.fixture
def now():
    """A clock that stands at the real time, which google-auth goes by."""
    return VirtualClock(int(datetime.now(UTC).timestamp()) * MICROSECONDS)


@pytest.fixture
def google():
    return Google()


@pytest.fixture
def authenticator(google, now):
    return GoogleAuthenticator(now, audiences=[AUDIENCE], request=google)


def test_an_id_token_tells_whose_it_is(authenticator, now):
    assert authenticator.caller(signed(now, **IDENTITY)) == Caller("ada@example.com", None)


@pytest.mark.parametrize(
    "claims",
    [
        {"key": a_key(1)},
        {"aud": "another.example.com"},
        {"iss": "https://example.com"},
        {"email_verified": False},
        {"email": None},
        {"iat": 1, "exp": 3601},
        {"key_id": "unknown"},
    ],
)
def test_an_id_token_that_is_wrong_in_one_point_is_refused(authenticator, now, claims):
    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller(signed(now, **{**IDENTITY, **claims}))


def test_no_id_token_is_taken_where_no_audience_is_given(google, now):
    authenticator = GoogleAuthenticator(now, request=google)

    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller(signed(now, **IDENTITY))


def test_certificates_are_fetched_when_first_needed_and_kept_for_an_hour(
    authenticator, google, now
):
    assert google.asked == []
    token = signed(now, **IDENTITY)

    authenticator.caller(token)
    authenticator.caller(token)
    assert google.asked == ["https://www.googleapis.com/oauth2/v1/certs"]

    now.advance(3600)
    authenticator.caller(token)
    assert len(google.asked) == 2


def test_a_new_key_of_googles_is_found_but_asked_for_at_most_once_a_minute(
    authenticator, google, now
):
    authenticator.caller(signed(now, **IDENTITY))
    google.certificates["key1"] = a_key(1).public
    token = signed(now, key=a_key(1), key_id="key1", **IDENTITY)
    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller(token)

    now.advance(60)

    assert authenticator.caller(token).email == "ada@example.com"


def test_an_access_token_tells_whose_it_is_and_what_for(authenticator, google):
    caller = authenticator.caller("ya29.opaque")

    assert caller == Caller("ada@example.com", frozenset({"openid", TASKQUEUE}))
    assert google.asked == ["https://oauth2.googleapis.com/tokeninfo?access_token=ya29.opaque"]


def test_a_token_for_all_of_googles_cloud_is_good_for_everything(authenticator, google):
    google.token_info["scope"] = "https://www.googleapis.com/auth/cloud-platform"

    assert authenticator.caller("ya29.opaque").scopes is None


def test_what_google_said_of_an_access_token_is_kept_for_five_minutes(authenticator, google, now):
    authenticator.caller("ya29.opaque")
    now.advance(299)
    authenticator.caller("ya29.opaque")
    assert len(google.asked) == 1

    now.advance(1)
    authenticator.caller("ya29.opaque")
    assert len(google.asked) == 2


def test_an_access_token_is_not_kept_longer_than_it_lives(authenticator, google, now):
    google.token_info["expires_in"] = "10"
    authenticator.caller("ya29.opaque")
    google.status = 400
    now.advance(10)

    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller("ya29.opaque")


def test_a_refused_access_token_is_not_asked_about_again_at_once(authenticator, google):
    google.status = 400

    for _ in range(3):
        with pytest.raises(WireError, match="Invalid Credentials"):
            authenticator.caller("ya29.opaque")

    assert len(google.asked) == 1


@pytest.mark.parametrize(
    "change", [{"email_verified": "false"}, {"email": None}, {"expires_in": "soon"}]
)
def test_an_answer_that_names_nobody_is_a_refusal(authenticator, google, change):
    google.token_info.update(change)

    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller("ya29.opaque")


@pytest.mark.parametrize("status", [None, 500, 429])
def test_while_google_does_not_answer_the_refusal_is_a_passing_one(
    authenticator, google, now, status
):
    google.status = status

    for token in ("ya29.opaque", signed(now, **IDENTITY)) if status != 429 else ("ya29.opaque",):
        with pytest.raises(WireError) as refused:
            authenticator.caller(token)
        assert refused.value.status == 503


def test_no_token_is_a_call_to_log_in(authenticator):
    with pytest.raises(WireError, match="Login Required"):
        authenticator.caller(None)


@pytest.mark.parametrize("token", ["..", "a.b.c", "\udcff.a.b", "é.é.é"])
def test_what_only_looks_like_an_id_token_is_refused(authenticator, token):
    with pytest.raises(WireError, match="Invalid Credentials"):
        authenticator.caller(token)


def test_without_the_library_the_extra_is_named(now, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.auth.transport.requests", None)

    with pytest.raises(MissingLibraryError, match=r"taskqueue-sdk\[google\]"):
        GoogleAuthenticator(now)
