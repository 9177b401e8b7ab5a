"""Over real sockets: was the request sent or not?"""

from __future__ import annotations

import os
import socket
import ssl
import threading

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter

from tests.tqsdk.serving import OK, close, garbage, hang_up, saying, serving, silence
from tqsdk import (
    AmbiguousResultError,
    Client,
    ConfigError,
    ConnectError,
    Request,
    RequestsTransport,
    RequestTimeoutError,
    Timeout,
    TransportError,
)

PATIENT = Timeout(5, 5)
HASTY = Timeout(0.2, 0.2)


def get(transport: RequestsTransport, address: str, timeout: Timeout = PATIENT, scheme="http"):
    return transport.send(Request("GET", f"{scheme}://{address}/x", {}), timeout)


def test_an_answer_comes_back_whole(transport):
    def answer(connection):
        connection.recv(9999)
        connection.sendall(b"HTTP/1.1 404 No\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}")

    with serving(answer) as address:
        response = get(transport, address)

    assert (response.status, response.body, response.header("x-a")) == (404, b"{}", "b")


def test_a_refused_connection_was_not_sent(transport):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ConnectError, match=r"^could not connect: Failed to establish .* refused"):
        get(transport, f"127.0.0.1:{port}")


def test_a_name_without_address_was_not_sent(transport, monkeypatch):
    def unknown(*arguments, **keywords):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(ConnectError):
        get(transport, "no-such-host.invalid")


def test_a_connection_that_takes_too_long_was_not_sent(transport, monkeypatch):
    def too_slow(*arguments, **keywords):
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", too_slow)

    with pytest.raises(ConnectError):
        get(transport, "127.0.0.1:1")


@pytest.mark.parametrize("answer", [close, hang_up, garbage, silence])
def test_a_failed_tls_handshake_was_not_sent(transport, answer):
    with serving(answer) as address, pytest.raises(ConnectError):
        get(transport, address, HASTY, scheme="https")


@pytest.mark.parametrize("answer", [close, hang_up])
def test_a_connection_that_breaks_after_the_request_is_ambiguous(transport, answer):
    with serving(answer) as address, pytest.raises(AmbiguousResultError) as caught:
        get(transport, address)

    assert not isinstance(caught.value, RequestTimeoutError)


def test_an_answer_that_does_not_come_is_a_timeout(transport):
    with serving(silence) as address:
        with pytest.raises(RequestTimeoutError, match=r"0\.2 s"):
            get(transport, address, HASTY)
        transport.close()


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 2",
        b"what?\r\n\r\n",
    ],
)
def test_half_an_answer_is_ambiguous(transport, part):
    def answer(connection):
        connection.recv(9999)
        connection.sendall(part)

    with serving(answer) as address, pytest.raises(AmbiguousResultError):
        get(transport, address)


def test_a_body_that_stops_coming_is_a_timeout(transport):
    def answer(connection):
        connection.recv(9999)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}")
        silence(connection)

    with serving(answer) as address, pytest.raises(RequestTimeoutError):
        get(transport, address, HASTY)


def test_a_pool_that_another_thread_closed_is_not_used_again(transport, monkeypatch):
    named = "get_connection_with_tls_context"
    find = getattr(HTTPAdapter, named)

    def find_what_is_closed_at_once(adapter, *arguments, **keywords):
        pool = find(adapter, *arguments, **keywords)
        transport.close()
        return pool

    with serving(saying(OK)) as address:
        with monkeypatch.context() as patch:
            patch.setattr(HTTPAdapter, named, find_what_is_closed_at_once)
            with pytest.raises(ConnectError, match="closed"):
                get(transport, address)

        assert get(transport, address).status == 200


@pytest.mark.parametrize("line", [b"407 Who are you", b"502 Bad Gateway"])
def test_a_proxy_that_does_not_let_us_through_did_not_send_it(line):
    def answer(connection):
        connection.recv(9999)
        connection.sendall(b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n")

    with serving(answer) as address:
        transport = RequestsTransport(proxies={"https": f"http://{address}"})
        with pytest.raises(ConnectError):
            get(transport, "queues.example", scheme="https")
        transport.close()


def test_a_proxy_that_is_not_there_did_not_send_it():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    transport = RequestsTransport(proxies={"http": f"http://{address}"})

    with pytest.raises(ConnectError):
        get(transport, "queues.example")


def test_the_proxy_of_the_environment_is_used(monkeypatch):
    seen = []

    def answer(connection):
        seen.append(connection.recv(9999))
        connection.sendall(OK)

    with serving(answer) as address:
        monkeypatch.setenv("http_proxy", f"http://{address}")
        monkeypatch.setenv("no_proxy", "elsewhere.example")
        transport = RequestsTransport()
        get(transport, "queues.example")
        transport.close()

    assert seen[0].startswith(b"GET http://queues.example/x HTTP/1.1\r\n")


def test_the_certificates_of_the_environment_are_used(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))

    with pytest.raises(ConfigError, match=r"none\.pem"):
        get(RequestsTransport(), "127.0.0.1:1", scheme="https")


def test_a_netrc_does_not_replace_the_token(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password other")
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []

    def answer(connection):
        seen.append(connection.recv(9999))
        connection.sendall(OK)

    with (
        serving(answer) as address,
        Client("p", endpoint=f"http://{address}", token="mine") as client,
    ):
        client.queue("q").info()

    assert b"Authorization: Bearer mine\r\n" in seen[0]


def test_the_user_agent_names_the_library(transport):
    seen = []

    def answer(connection):
        seen.append(connection.recv(9999))
        connection.sendall(OK)

    with serving(answer) as address, Client("p", endpoint=f"http://{address}") as client:
        client.queue("q").info()

    assert f" requests/{requests.__version__}\r\n".encode() in seen[0]


@responses.activate
def test_a_redirect_of_a_read_is_followed(transport):
    responses.get("http://old.example/x", status=301, headers={"Location": "http://new.example/x"})
    responses.get("http://new.example/x", json={"a": 1})

    assert get(transport, "old.example").status == 200


@responses.activate
def test_a_redirect_that_would_turn_a_post_into_a_get_is_refused(transport):
    responses.post("http://old.example/x", status=301, headers={"Location": "http://new.example/x"})
    responses.get("http://new.example/x", json={"a": 1})

    with pytest.raises(ConfigError, match=r"http://new\.example/x"):
        transport.send(Request("POST", "http://old.example/x", {}, b"{}"), PATIENT)


@responses.activate
def test_endless_redirects_are_a_matter_of_configuration(transport):
    responses.get("http://old.example/x", status=302, headers={"Location": "http://old.example/x"})

    with pytest.raises(ConfigError):
        get(transport, "old.example")


def test_nothing_is_retried_down_here(transport):
    attempts = []

    def answer(connection):
        attempts.append(connection.recv(9999))
        connection.sendall(b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")

    with serving(answer) as address:
        assert get(transport, address).status == 503

    assert len(attempts) == 1


def test_a_thread_has_one_session_and_no_other_thread_has_it(transport):
    own = transport._session()
    others: list[requests.Session] = []
    thread = threading.Thread(target=lambda: others.append(transport._session()))

    thread.start()
    thread.join()

    assert transport._session() is own
    assert others[0] is not own


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_leaves_its_parents_sessions_alone(transport):
    own = transport._session()

    child = os.fork()
    if child == 0:
        os._exit(0 if transport._session() is not own else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert transport._session() is own


def test_transport_errors_know_nothing_of_requests():
    assert not issubclass(TransportError, requests.RequestException)
    assert not issubclass(TransportError, ssl.SSLError)
