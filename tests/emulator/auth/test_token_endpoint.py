"""The token endpoint: what is granted, to whom, and how it says no."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import urlencode

import pytest
from google.auth import jwt

from emulator.auth.book import TokensFile
from emulator.auth.grants import FileGranter, OpenGranter, TokenEndpoint
from emulator.auth.issued import Grant, IssuedTokens
from tests.emulator.auth.entries import (
    CONSUMER,
    JWT_BEARER,
    ROBOT,
    TASKQUEUE,
    a_client,
    a_key,
    a_request,
    an_account,
    signed,
    write,
)

FORM = "application/x-www-form-urlencoded"
OURS = "http://127.0.0.1:8088/token"


class Asker:
    """Asks a token endpoint, and looks up what it gave out."""

    def __init__(self, clock, granter):
        self.issued = IssuedTokens(clock)
        self.endpoint = TokenEndpoint(granter, self.issued, clock)

    def __call__(self, *, path="/token", headers=None, **form):
        """The status and the members of the answer."""
        headers = {"content_type": FORM, **(headers or {})}
        return self.send(a_request("POST", path, body=urlencode(form).encode(), **headers))

    def send(self, request):
        answer = self.endpoint(request)
        return answer.status, json.loads(answer.body)

    def granted(self, **form):
        """What was granted."""
        status, members = self(**form)
        assert status == 200, members
        assert members["expires_in"] == 3600
        assert members["token_type"] == "Bearer"
        return self.issued.find(members["access_token"])

    def refused(self, **form):
        """The two words of a refusal."""
        status, members = self(**form)
        assert status == 400
        return members["error"], members["error_description"]


@pytest.fixture
def ask(clock, tokens_path):
    """The endpoint of a server with a tokens file that has an account and two clients."""
    write(
        tokens_path,
        service_accounts=[an_account(audiences=[OURS])],
        clients=[
            a_client(scopes=[TASKQUEUE]),
            a_client(client_id="machine", refresh_token=None, email=ROBOT),
        ],
    )
    return Asker(clock, FileGranter(TokensFile(tokens_path), clock))


@pytest.fixture
def ask_open(clock):
    """The endpoint of an open server."""
    return Asker(clock, OpenGranter())


def test_a_signed_assertion_gets_a_token_for_its_account(ask, clock):
    granted = ask.granted(grant_type=JWT_BEARER, assertion=signed(clock))

    assert granted == Grant(ROBOT, frozenset({TASKQUEUE}), "key0")


@pytest.mark.parametrize("audience", [OURS, "https://accounts.google.com/o/oauth2/token", [OURS]])
def test_an_assertion_may_be_for_us_or_for_google(ask, clock, audience):
    assertion = signed(clock, aud=audience)

    assert ask.granted(grant_type=JWT_BEARER, assertion=assertion).email == ROBOT


@pytest.mark.parametrize("path", ["/token", "/oauth2/v4/token", "/o/oauth2/token"])
def test_the_paths_of_googles_token_server_answer_too(ask, clock, path):
    assert ask(path=path, grant_type=JWT_BEARER, assertion=signed(clock))[0] == 200


def test_an_assertion_without_a_key_id_is_tried_with_each_key(ask, clock):
    assertion = signed(clock, key_id=None)

    assert ask.granted(grant_type=JWT_BEARER, assertion=assertion).email == ROBOT


def test_an_assertion_that_asks_for_no_scope_gets_all_the_account_has(ask, clock):
    assertion = signed(clock, scope=None)

    assert ask.granted(grant_type=JWT_BEARER, assertion=assertion).scopes is None


def test_a_clock_that_is_a_minute_off_is_forgiven(ask, clock):
    now = clock.now() // 1_000_000

    for issued_at in (now + 59, now - 3600 - 59):
        assertion = signed(clock, iat=issued_at, exp=issued_at + 3600)
        assert ask.granted(grant_type=JWT_BEARER, assertion=assertion).email == ROBOT


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"key": a_key(1)}, "Invalid JWT Signature."),
        ({"iss": "eve@example.com"}, "Invalid grant: account not found"),
        ({"key_id": "key9"}, "Invalid grant: account not found"),
        ({"iss": None}, "Invalid JWT: iss must be"),
        ({"aud": "https://example.com/token"}, "Invalid JWT: aud is 'https://example.com/token'"),
        ({"aud": None}, "Invalid JWT: aud is"),
        ({"iat": 1_800_000_061, "exp": 1_800_000_999}, "Invalid JWT: Token must be a short-lived"),
        ({"iat": 1_799_990_000, "exp": 1_799_993_600}, "Invalid JWT: Token must be a short-lived"),
        ({"exp": 1_800_010_000}, "Invalid JWT: Token must be a short-lived"),
        ({"exp": None}, "Invalid JWT: Token must be a short-lived"),
        ({"iat": "now"}, "Invalid JWT: Token must be a short-lived"),
    ],
)
def test_an_assertion_that_is_wrong_in_one_point_is_refused(ask, clock, claims, description):
    error, said = ask.refused(grant_type=JWT_BEARER, assertion=signed(clock, **claims))

    assert error == "invalid_grant"
    assert said.startswith(description)


def test_an_assertion_that_was_altered_is_refused(ask, clock):
    header, _, signature = signed(clock).split(".")
    _, claims, _ = signed(clock, scope=CONSUMER).split(".")

    refused = ask.refused(grant_type=JWT_BEARER, assertion=f"{header}.{claims}.{signature}")

    assert refused == ("invalid_grant", "Invalid JWT Signature.")


def test_an_unsigned_assertion_is_refused(ask, clock):
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    _, claims, _ = signed(clock).split(".")

    error, said = ask.refused(grant_type=JWT_BEARER, assertion=f"{none}.{claims}.")

    assert (error, said) == ("invalid_grant", "Invalid JWT Signature: alg must be RS256.")


def test_an_account_speaks_for_no_other_user(ask, clock):
    error, _ = ask.refused(grant_type=JWT_BEARER, assertion=signed(clock, sub="ada@example.com"))

    assert error == "unauthorized_client"


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "e30.e30.", "!.!.!", f"{'W' * 9000}.e30.e30"])
def test_what_is_no_json_web_token_is_refused_by_an_open_server_too(ask, ask_open, assertion):
    for asker in (ask, ask_open):
        assert asker.refused(grant_type=JWT_BEARER, assertion=assertion)[0] == "invalid_grant"


def test_scopes_are_narrowed_to_what_is_allowed(ask):
    form = {"grant_type": "refresh_token", "client_id": "client0", "client_secret": "quiet"}
    form["refresh_token"] = "again"

    both = ask.granted(**form, scope=f"{TASKQUEUE} {CONSUMER}")
    error, _ = ask.refused(**form, scope=CONSUMER)

    assert both.scopes == frozenset({TASKQUEUE})
    assert error == "invalid_scope"


def test_a_refresh_token_gets_a_token_for_its_user(ask):
    granted = ask.granted(
        grant_type="refresh_token",
        refresh_token="again",
        client_id="client0",
        client_secret="quiet",
    )

    assert granted == Grant("ada@example.com", frozenset({TASKQUEUE}), "client0")


def test_a_client_may_show_its_secret_in_a_header(ask):
    basic = base64.b64encode(b"client0:quiet").decode()

    status, _ = ask(
        headers={"authorization": f"Basic {basic}"},
        grant_type="refresh_token",
        refresh_token="again",
    )

    assert status == 200


def test_a_refresh_token_is_good_for_its_own_client_only(ask):
    for client_id, token in (("client0", "once more"), ("machine", "again")):
        error, said = ask.refused(
            grant_type="refresh_token",
            refresh_token=token,
            client_id=client_id,
            client_secret="quiet",
        )

        assert (error, said) == ("invalid_grant", "Token has been expired or revoked.")


def test_a_client_of_its_own_gets_a_token_by_its_secret(ask):
    granted = ask.granted(
        grant_type="client_credentials", client_id="machine", client_secret="quiet"
    )

    assert granted == Grant(ROBOT, None, "machine")


def test_a_client_that_acts_for_a_user_needs_the_users_consent(ask):
    error, _ = ask.refused(
        grant_type="client_credentials", client_id="client0", client_secret="quiet"
    )

    assert error == "unauthorized_client"


@pytest.mark.parametrize("login", [("machine", "loud"), ("nobody", "quiet"), ("machine", "")])
def test_an_unknown_client_and_a_wrong_secret_are_the_same_refusal(ask, login):
    client_id, secret = login
    request = a_request(
        "POST",
        "/token",
        body=urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
            }
        ).encode(),
        content_type=FORM,
    )

    answer = ask.endpoint(request)

    assert answer.status == 401
    assert dict(answer.headers)["www-authenticate"] == 'Basic realm="token"'
    assert json.loads(answer.body) == {
        "error": "invalid_client",
        "error_description": "The OAuth client was not found.",
    }


@pytest.mark.parametrize("header", ["Basic !", "Basic " + base64.b64encode(b"machine").decode()])
def test_a_login_that_cannot_be_read_is_refused(ask, header):
    status, members = ask(headers={"authorization": header}, grant_type="client_credentials")

    assert (status, members["error"]) == (401, "invalid_client")


def test_a_grant_of_another_kind_is_refused_with_the_kinds_there_are(ask):
    error, said = ask.refused(grant_type="password", username="ada", password="x")

    assert error == "unsupported_grant_type"
    assert JWT_BEARER in said


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (b"", "Missing required parameter: grant_type"),
        (b"grant_type=refresh_token", "Missing required parameter: refresh_token"),
        (b"grant_type=a&grant_type=b", "A parameter is repeated."),
        (b"\xff", f"The body cannot be read: send {FORM}."),
        (b"&".join(b"a%d=1" % n for n in range(200)), f"The body cannot be read: send {FORM}."),
    ],
)
def test_a_form_that_lacks_something_is_refused(ask, body, description):
    status, members = ask.send(a_request("POST", "/token", body=body, content_type=FORM))

    assert (status, members) == (
        400,
        {"error": "invalid_request", "error_description": description},
    )


def test_a_body_too_large_to_be_read_is_refused(ask):
    request = a_request("POST", "/token", content_type=FORM)
    answer = ask.endpoint(type(request)("POST", "/token", "", request.headers, None))

    assert answer.status == 400


def test_a_json_object_and_a_gzipped_form_are_read_too(ask_open):
    form = {"grant_type": "client_credentials", "client_id": "x"}
    as_json = a_request(
        "POST", "/token", body=json.dumps(form).encode(), content_type="application/json"
    )
    gzipped = a_request(
        "POST",
        "/token",
        body=gzip.compress(urlencode(form).encode()),
        content_type=FORM,
        content_encoding="gzip",
    )

    assert ask_open.send(as_json)[0] == ask_open.send(gzipped)[0] == 200


def test_json_nested_without_end_is_refused(ask_open):
    request = a_request("POST", "/token", body=b"[" * 100_000, content_type="application/json")

    assert ask_open.send(request)[0] == 400


def test_an_open_server_grants_any_assertion(ask_open, clock):
    granted = ask_open.granted(
        grant_type=JWT_BEARER,
        assertion=signed(clock, key=a_key(1), iss="eve@example.com", exp=1, aud="x"),
    )

    assert granted.email == "eve@example.com"


def test_an_open_server_grants_any_refresh_token_and_any_client(ask_open):
    assert ask_open.granted(grant_type="refresh_token", refresh_token="x", client_id="y")
    assert ask_open.granted(grant_type="client_credentials", client_id="y", scope="a b")


def test_who_names_an_audience_gets_an_id_token_in_form(ask, clock):
    assertion = signed(clock, target_audience="https://service.example.com")

    _, members = ask(grant_type=JWT_BEARER, assertion=assertion)

    claims = jwt.decode(members["id_token"], verify=False)
    assert claims["aud"] == "https://service.example.com"
    assert claims["email"] == ROBOT
    assert claims["exp"] == clock.now() // 1_000_000 + 3600


@pytest.mark.parametrize(("verb", "path"), [("GET", "/token"), ("POST", "/tokens")])
def test_other_requests_are_left_alone(ask, verb, path):
    assert ask.endpoint(a_request(verb, path)) is None
