"""Tokens, scopes and access lists, as a caller of the API meets them."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

import pytest

from emulator.app import create_app
from emulator.config import SettingsError
from emulator.engine.clock import SystemClock
from tests.emulator.auth.entries import (
    JWT_BEARER,
    ROBOT,
    TASKQUEUE,
    a_token,
    an_account,
    signed,
    write,
)

QUEUES = """
queue:
- name: mail
  mode: pull
  acl:
  - user_email: reader@example.com
  - writer_email: writer@example.com
  - user_email: robot@example.com
  - writer_email: robot@example.com
- name: plain
  mode: pull
"""
TASK = {"payloadBase64": base64.urlsafe_b64encode(b"hello").decode()}
MAIL = "/taskqueue/v1beta2/projects/s~app/taskqueues/mail"
PLAIN = "/taskqueue/v1beta2/projects/s~app/taskqueues/plain"


class Api:
    """The API of one server, called with tokens."""

    def __init__(self, app):
        self.http = app.test_client()

    def __call__(self, verb, path, token=None, **options):
        headers = options.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Bearer {token}", **headers}
        return self.http.open(path, method=verb, headers=headers, **options)

    def insert(self, queue, token=None, **options):
        return self("POST", f"{queue}/tasks", token, json=TASK, **options)

    def lease(self, queue, token=None):
        return self("POST", f"{queue}/tasks/lease?numTasks=1&leaseSecs=60", token)


@pytest.fixture
def serve(tokens_path, tmp_path):
    """Make an application with a tokens file and queues with access lists."""
    apps = []

    def made(limits="standard", **options):
        write(
            tokens_path,
            tokens=[
                a_token("read", name="reader", email="reader@example.com"),
                a_token("write", name="writer", email="writer@example.com"),
                a_token("narrow", name="narrow", email="reader@example.com", scopes=["email"]),
                a_token("old", name="old", expires="2001-01-01T00:00:00Z"),
            ],
            service_accounts=[an_account(metadata=True, project="app")],
        )
        queues = tmp_path / "queue.yaml"
        queues.write_text(QUEUES)
        apps.append(
            create_app(auth="tokens", tokens=tokens_path, queues=queues, limits=limits, **options)
        )
        return Api(apps[-1])

    yield made
    for app in apps:
        app.extensions["taskqueue"].store.close()


@pytest.fixture
def api(serve):
    return serve()


def reason(answer):
    return answer.status_code, answer.json["error"]["errors"][0]["reason"]


def test_a_writer_inserts_and_a_reader_leases(api):
    assert api.insert(MAIL, "write").status_code == 200
    assert len(api.lease(MAIL, "read").json["items"]) == 1


def test_a_reader_may_not_insert_nor_a_writer_lease(api):
    for answer in (api.insert(MAIL, "read"), api.lease(MAIL, "write"), api("GET", MAIL, "write")):
        assert reason(answer) == (403, "forbidden")
        assert answer.headers["X-TaskQueue-Error"] == "PERMISSION_DENIED"


def test_a_request_without_a_token_is_asked_to_log_in(api):
    answer = api.insert(MAIL)

    assert reason(answer) == (401, "required")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="https://accounts.google.com/"'


@pytest.mark.parametrize("token", ["wrong", "old"])
def test_an_unknown_and_an_expired_token_are_invalid_credentials(api, token):
    answer = api.insert(MAIL, token)

    assert reason(answer) == (401, "authError")
    assert answer.headers["WWW-Authenticate"].endswith("error=invalid_token")


def test_a_token_of_other_scopes_is_not_enough(api):
    answer = api.lease(MAIL, "narrow")

    assert reason(answer) == (403, "insufficientPermissions")
    assert TASKQUEUE in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("parameter", ["access_token", "oauth_token"])
def test_a_token_may_come_as_a_parameter(api, parameter):
    assert api("GET", f"{MAIL}/tasks?{parameter}=read").status_code == 200


def test_a_queue_without_an_access_list_is_open_to_whoever_has_a_token(api):
    assert api.insert(PLAIN, "read").status_code == 200
    assert reason(api.insert(PLAIN)) == (401, "required")


def test_under_strict_limits_a_queue_without_an_access_list_is_open_to_nobody(serve):
    api = serve(limits="strict")

    assert reason(api.insert(PLAIN, "write")) == (403, "forbidden")
    assert reason(api.lease(PLAIN, "read")) == (403, "forbidden")
    assert api.insert(MAIL, "write").status_code == 200


def test_health_needs_no_token(api):
    assert api("GET", "/readyz").status_code == 200


def test_an_assertion_becomes_a_token_that_inserts_and_leases(api):
    form = {"grant_type": JWT_BEARER, "assertion": signed(SystemClock())}
    token = api("POST", "/token", data=form).json["access_token"]

    assert api.insert(MAIL, token).status_code == 200
    assert len(api.lease(MAIL, token).json["items"]) == 1


def test_the_metadata_server_gives_a_token_that_inserts(api):
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    token = api("GET", path, headers={"Metadata-Flavor": "Google"}).json["access_token"]

    assert api.insert(MAIL, token).status_code == 200


def test_a_part_of_a_batch_cannot_claim_to_come_from_this_machine(api):
    part = (
        "GET /computeMetadata/v1/instance/service-accounts/default/token HTTP/1.1\r\n"
        "Host: localhost\r\nMetadata-Flavor: Google\r\n\r\n"
    )

    answer = api(
        "POST",
        "/batch",
        data=f"--b\r\nContent-Type: application/http\r\n\r\n{part}\r\n--b--\r\n",
        headers={"Host": "rebound.example.com", "Content-Type": "multipart/mixed; boundary=b"},
    )

    assert "access_token" not in answer.text


def test_an_issued_token_expires_by_the_clock_of_the_server(serve, clock):
    api = serve(clock=clock)
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    token = api("GET", path, headers={"Metadata-Flavor": "Google"}).json["access_token"]
    assert api.insert(MAIL, token).status_code == 200

    clock.advance(3600)

    assert reason(api.insert(MAIL, token)) == (401, "authError")


def test_programs_get_tokens_though_the_servers_clock_was_moved(serve, clock):
    api = serve(clock=clock)
    clock.advance(86_400)

    answer = api(
        "POST",
        "/token",
        data=urlencode({"grant_type": JWT_BEARER, "assertion": signed(SystemClock())}),
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 200


def test_a_token_that_is_removed_from_the_file_is_refused(api, tokens_path):
    assert api.insert(MAIL, "write").status_code == 200

    write(tokens_path, tokens=[])

    assert reason(api.insert(MAIL, "write")) == (401, "authError")


@pytest.fixture
def open_api():
    """Make an open application."""
    apps = []

    def made(**options):
        apps.append(create_app(**options))
        return Api(apps[-1])

    yield made
    for app in apps:
        app.extensions["taskqueue"].store.close()


def test_an_open_server_takes_any_token_and_none(open_api):
    api = open_api()

    assert api.insert(MAIL, "whatever").status_code == api.insert(MAIL).status_code == 200


def test_an_open_application_is_guarded_only_where_that_is_asked_for(open_api):
    host = {"Host": "rebound.example.com"}

    assert open_api().insert(MAIL, headers=host).status_code == 200
    assert reason(open_api(allowed_hosts=()).insert(MAIL, headers=host)) == (403, "forbidden")
    assert open_api(allowed_hosts=["rebound.example.com"]).insert(MAIL, headers=host).json["id"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("example.com", 200),
        ("a.b.example.com:8088", 200),
        ("badexample.com", 403),
        ("example.com.evil.net", 403),
        ("com", 403),
    ],
)
def test_a_name_with_a_leading_dot_is_a_whole_domain(open_api, host, status):
    api = open_api(allowed_hosts=[".example.com"])

    assert api.insert(MAIL, headers={"Host": host}).status_code == status


def test_a_guarded_application_refuses_pages_but_those_of_the_listed_origins(open_api):
    api = open_api(allowed_hosts=(), cors=["https://app.example.com"])

    foreign = api.insert(MAIL, headers={"Origin": "https://example.com"})
    listed = api.insert(MAIL, headers={"Origin": "https://app.example.com"})

    assert reason(foreign) == (403, "forbidden")
    assert listed.headers["Access-Control-Allow-Origin"] == "https://app.example.com"


def test_a_callback_makes_a_script_only_where_that_is_asked_for(open_api):
    assert open_api()("GET", f"{MAIL}?callback=f").mimetype == "application/json"
    assert open_api(jsonp=True)("GET", f"{MAIL}?callback=f").mimetype == "text/javascript"


def test_an_open_server_gives_a_token_to_whoever_asks(open_api):
    api = open_api()

    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}

    assert api("POST", "/token", data=form).json["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"auth": "closed"}, "use open, tokens, google"),
        ({"auth": "tokens"}, "--tokens FILE"),
        ({"tokens": "tokens.json"}, "--auth tokens"),
        ({"google_audiences": ["x"]}, "--auth google"),
        ({"allowed_hosts": ["emulator:8088"]}, "without port"),
        ({"allowed_hosts": ["Emulator"]}, "lower case"),
        ({"cors": ["app.example.com"]}, "scheme://host"),
        ({"cors": ["https://app.example.com/"]}, "without a path"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_remedy(options, complaint):
    with pytest.raises(SettingsError, match=complaint):
        create_app(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"allowed_hosts": ["emulator", "10.0.0.7", "::1", "a-b.example.com"]},
        {"cors": ["*"]},
        {"cors": ["http://localhost:3000", "https://[::1]:3000"]},
    ],
)
def test_names_and_origins_as_browsers_write_them_are_taken(options):
    create_app(**options).extensions["taskqueue"].store.close()


def test_who_is_called_robot_is_the_one_that_signs(api):
    form = {"grant_type": JWT_BEARER, "assertion": signed(SystemClock(), iss="eve@example.com")}

    answer = api("POST", "/token", data=form)

    assert answer.json["error"] == "invalid_grant"
    assert ROBOT not in answer.text
