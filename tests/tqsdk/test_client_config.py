from __future__ import annotations

import re

import pytest

from tqsdk import Client, ConfigError, ConnectError, RequestsTransport, RetryPolicy
from tqsdk.config import find_endpoint, find_project
from tqsdk.testing import ScriptedTransport, answer

EMULATOR = {"TASKQUEUE_EMULATOR_HOST": "127.0.0.1:8088"}
ENDPOINT = {"TASKQUEUE_ENDPOINT": "https://queues.example/base/"}


def test_the_argument_wins_over_the_emulator_which_wins_over_the_endpoint():
    assert find_endpoint("http://here", {**EMULATOR, **ENDPOINT}) == "http://here"
    assert find_endpoint(None, {**EMULATOR, **ENDPOINT}) == "http://127.0.0.1:8088"
    assert find_endpoint(None, ENDPOINT) == "https://queues.example/base"
    assert find_endpoint(None, {"TASKQUEUE_EMULATOR_HOST": "", **ENDPOINT}).startswith("https")


def test_without_any_server_the_error_names_the_variables():
    with pytest.raises(ConfigError, match=r"TASKQUEUE_EMULATOR_HOST.*TASKQUEUE_ENDPOINT"):
        find_endpoint(None, {})


@pytest.mark.parametrize("host", ["http://h:1", "h", "h:", ":80", "h:1/x", "a b:1", "h:99999"])
def test_an_emulator_host_is_host_and_port(host):
    with pytest.raises(ConfigError, match="TASKQUEUE_EMULATOR_HOST"):
        find_endpoint(None, {"TASKQUEUE_EMULATOR_HOST": host})


def test_an_emulator_host_may_be_ipv6():
    host = {"TASKQUEUE_EMULATOR_HOST": "[::1]:8080"}

    assert find_endpoint(None, host) == "http://[::1]:8080"


@pytest.mark.parametrize(
    "url",
    ["", "h:80", "ftp://h", "http://", "http://h:x", "http://h?a", "http://h#a", "http://u@h",
     "http://h\n", "http://[::1"],
)  # fmt: skip
def test_an_endpoint_is_a_plain_url(url):
    with pytest.raises(ConfigError, match="endpoint"):
        find_endpoint(url, {})


def test_the_project_comes_from_the_argument_or_the_environment():
    environ = {"GOOGLE_CLOUD_PROJECT": "env"}

    assert find_project("s~arg", environ) == "s~arg"
    assert find_project(None, environ) == "env"
    with pytest.raises(ConfigError, match="GOOGLE_CLOUD_PROJECT"):
        find_project(None, {})


def test_the_client_reads_the_environment(monkeypatch):
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", "127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "env")

    with Client() as client:
        assert repr(client) == "Client('env', endpoint='http://127.0.0.1:9')"


def test_there_is_no_default_server():
    with pytest.raises(ConfigError):
        Client("p")
    with pytest.raises(ConfigError):
        Client("p", transport=RequestsTransport())


def test_a_transport_without_a_network_needs_no_endpoint(scripted):
    client, transport = scripted(answer({}))

    client.queue("q").list()

    assert transport.requests[0].url == (
        "http://localhost/taskqueue/v1beta2/projects/p/taskqueues/q/tasks"
    )


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "é"])
def test_a_token_that_cannot_stand_in_a_header_is_refused_unseen(token):
    with pytest.raises(ConfigError) as caught:
        Client("p", endpoint="http://h", token=token)

    assert not token or token not in str(caught.value)


def test_requests_say_who_asks_and_prove_it(scripted):
    client, transport = scripted(answer({}), token="s3cret")

    client.queue("q").list()

    request = transport.requests[0]
    assert request.header("authorization") == "Bearer s3cret"
    assert re.fullmatch(r"tqsdk/\S+ python/3\.\S+", request.header("user-agent") or "")
    assert re.fullmatch(r"gl-python/3\.\S+ tqsdk/\S+", request.header("x-goog-api-client") or "")
    assert "s3cret" not in repr(client) + repr(request)


def test_a_program_can_name_itself(scripted):
    client, transport = scripted(answer({}), user_agent_suffix="my-app/2.1 (cron)")

    client.queue("q").list()

    assert (transport.requests[0].header("user-agent") or "").endswith(" my-app/2.1 (cron)")


@pytest.mark.parametrize("suffix", ["", " a", "a\nX: y", "é"])
def test_a_name_that_cannot_be_sent_is_refused(suffix):
    with pytest.raises(ConfigError, match="user_agent_suffix"):
        Client("p", endpoint="http://h", user_agent_suffix=suffix)


def test_headers_of_one_call_replace_those_of_the_client(scripted):
    client, transport = scripted(answer({}), token="s3cret")

    client.queue("q").list(headers={"AUTHORIZATION": "Bearer other", "X-Trace": "1"})

    headers = transport.requests[0].headers
    assert headers["AUTHORIZATION"] == "Bearer other"
    assert headers["X-Trace"] == "1"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    "setting", [{"timeout": 0}, {"timeout": (5, -1)}, {"deadline": 0}, {"timeout": float("nan")}]
)
def test_a_time_that_makes_no_sense_is_refused(setting):
    with pytest.raises(ConfigError):
        Client("p", transport=ScriptedTransport(), **setting)


def test_one_timeout_is_for_connecting_and_for_reading(scripted):
    client, transport = scripted(answer({}), timeout=7)

    client.queue("q").list()

    assert (transport.timeouts[0].connect, transport.timeouts[0].read) == (7, 7)


def test_an_unknown_keyword_of_a_call_is_a_type_error(scripted):
    client, _ = scripted()

    with pytest.raises(TypeError):
        client.queue("q").list(retries=3)  # type: ignore[call-arg]


def test_a_client_with_other_options_shares_all_else(scripted):
    client, transport = scripted(
        *[ConnectError("x")] * 2, answer({}), headers={"X-A": "1", "X-B": "1"}, token="t"
    )
    other = client.with_options(
        retry=RetryPolicy.none(), timeout=3, deadline=2, headers={"x-b": "2"}
    )

    with pytest.raises(ConnectError):
        other.queue("q").list()
    client.queue("q").list(headers={"X-C": "3"})

    first, *_, last = transport.requests
    assert (first.header("x-a"), first.header("x-b"), first.header("x-c")) == ("1", "2", None)
    assert (last.header("x-a"), last.header("x-b"), last.header("x-c")) == ("1", "1", "3")
    assert transport.timeouts[0].read == 2
    assert first.header("authorization") == last.header("authorization") == "Bearer t"


def test_closing_a_client_with_other_options_closes_nothing():
    with Client("p", endpoint="http://127.0.0.1:1") as client:
        with client.with_options(timeout=1) as other:
            assert other.project == "p"

        with pytest.raises(ConnectError):
            client.queue("q").list(retry=RetryPolicy.none())
