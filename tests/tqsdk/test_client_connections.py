"""Over real sockets: what travels on a connection, how long it lives, what requests still does."""

from __future__ import annotations

import contextlib
import functools
import gzip
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests
import responses

from tqsdk import (
    AmbiguousResultError,
    Client,
    ConfigError,
    ConnectError,
    Request,
    RequestsTransport,
    RequestTimeoutError,
    Timeout,
)

PATIENT = Timeout(5, 5)


def ok(body: bytes = b"{}", *headers: bytes) -> bytes:
    lines = (b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


Answer = bytes | tuple[bytes]


class Server:
    """Answers requests in turn; an answer in a tuple is followed by hanging up."""

    def __init__(self, answers: list[Answer]) -> None:
        self.seen: list[bytes] = []
        self.connections = 0
        self._answers = iter(answers)
        self._open: socket.socket | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        # This ends an accept or a recv that waits.
        for each in (self._listener, self._open):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open = connection
                with connection, contextlib.suppress(OSError):
                    self._speak(connection)

    def _speak(self, connection: socket.socket) -> None:
        while request := self._whole(connection):
            self.seen.append(request)
            answer = next(self._answers)
            connection.sendall(answer[0] if isinstance(answer, tuple) else answer)
            if isinstance(answer, tuple):
                return

    def _whole(self, connection: socket.socket) -> bytes:
        got = b""
        while part := connection.recv(2**16):
            got += part
            head, end, body = got.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if end and len(body) >= int(length[1] if length else 0):
                break
        return got


@pytest.fixture
def serving(request, transport) -> Iterator[Callable[..., Server]]:
    """Start servers; with the parameter "again", each has been reached by *transport* before."""
    servers: list[Server] = []
    again = getattr(request, "param", "first") == "again"

    def start(*answers: Answer) -> Server:
        server = Server([ok(), *answers] if again else list(answers))
        servers.append(server)
        if again:
            transport.send(Request("GET", f"{server.url}/"), PATIENT)
            server.seen.clear()
        return server

    yield start
    for server in servers:
        server.close()


# A request over a connection that was used before may fail in ways that a first one cannot.
both_ways = pytest.mark.parametrize("serving", ["first", "again"], indirect=True)


def pool_of(transport: RequestsTransport, server: Server):
    (pool,) = (pool for _, pool in transport._session().get_adapter(server.url)._pools.values())
    return pool


def post(transport: RequestsTransport, server: Server, body: bytes | None = b"{}", **headers: str):
    return transport.send(Request("POST", f"{server.url}/a/b?c=d", headers, body), PATIENT)


@both_ways
def test_a_request_travels_as_it_was_given(transport, serving):
    server = serving(ok())

    post(transport, server, b'{"a": 1}', Accept="application/json", X_Mine="yes")

    head, _, body = server.seen[0].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    assert line == "POST /a/b?c=d HTTP/1.1"
    assert body == b'{"a": 1}'
    assert dict(field.split(": ") for field in fields) == {
        "Host": server.url.removeprefix("http://"),
        "User-Agent": requests.utils.default_user_agent(),
        "Accept-Encoding": requests.utils.DEFAULT_ACCEPT_ENCODING,
        "Accept": "application/json",
        "Connection": "keep-alive",
        "X_Mine": "yes",
        "Content-Length": "8",
    }


@both_ways
def test_a_post_without_a_body_says_so_and_a_get_does_not(transport, serving):
    server = serving(ok(), ok())

    post(transport, server, None)
    transport.send(Request("GET", f"{server.url}/x"), PATIENT)

    assert b"Content-Length: 0\r\n" in server.seen[0]
    assert b"Content-Length" not in server.seen[1]


@both_ways
def test_a_connection_is_used_again(transport, serving):
    server = serving(ok(), ok(b"[1]"), ok(b"[2]"))

    bodies = [post(transport, server).body for _ in range(3)]

    assert bodies == [b"{}", b"[1]", b"[2]"]
    assert server.connections == 1


@pytest.mark.parametrize(
    "last",
    [
        ok(b"{}", b"Connection: close"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_a_connection_that_the_server_ends_is_followed_by_another(transport, serving, last):
    server = serving(last, ok())
    post(transport, server)
    post(transport, server)

    assert server.connections == 2


def test_a_connection_that_broke_while_idle_is_not_written_to(transport, serving):
    server = serving(ok(), ok())
    post(transport, server)
    pool_of(transport, server).pool.queue[-1].sock.shutdown(socket.SHUT_RD)

    assert post(transport, server).status == 200
    assert server.connections == 2


@both_ways
def test_header_values_that_would_break_out_of_their_line_are_refused_unseen(transport, serving):
    server = serving(ok())

    with pytest.raises(ConfigError, match="Authorization") as caught:
        post(transport, server, Authorization="secret\r\nX-Evil: 1")

    assert "secret" not in str(caught.value)
    assert server.seen == []
    assert post(transport, server).status == 200


@both_ways
@pytest.mark.parametrize("path", ["/a b", "/ä", "/a\r\nX-Evil: 1"])
def test_urls_that_are_not_percent_encoded_are_refused(transport, serving, path):
    server = serving()

    with pytest.raises(ConfigError, match="percent-encoded"):
        transport.send(Request("GET", server.url + path), PATIENT)

    assert server.seen == []


@both_ways
def test_headers_of_one_name_are_joined(transport, serving):
    server = serving(ok(b"{}", b"Vary: Origin", b"vary: X-Origin"))

    assert post(transport, server).header("Vary") == "Origin, X-Origin"


@both_ways
def test_an_encoded_answer_is_decoded(transport, serving):
    server = serving(ok(gzip.compress(b'{"a": 1}'), b"Content-Encoding: gzip"))

    assert post(transport, server).body == b'{"a": 1}'


@both_ways
def test_an_answer_in_chunks_is_put_together(transport, serving):
    server = serving(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", ok()
    )

    assert post(transport, server).body == b"{}"
    assert post(transport, server).body == b"{}"
    assert server.connections == 1


def test_the_answer_of_who_refuses_a_large_body_before_its_end_is_read(transport):
    def refuse() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            connection.sendall(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        answer = transport.send(Request("POST", url, {}, bytes(2**24)), PATIENT)
        thread.join()

    assert answer.status == 413


@both_ways
def test_cookies_are_kept_as_requests_keeps_them(transport, serving):
    server = serving(ok(b"{}", b"Set-Cookie: sticky=7; Path=/"), ok())

    post(transport, server)
    post(transport, server)

    assert b"Cookie: sticky=7\r\n" in server.seen[1]


@both_ways
def test_a_redirect_on_a_socket_is_followed_with_the_other_host_in_its_header(transport, serving):
    new = serving(ok(b"[1]"))
    old = serving(
        b"HTTP/1.1 307 There\r\nLocation: %b/x\r\nContent-Length: 0\r\n\r\n" % new.url.encode()
    )

    assert post(transport, old, b"{}").body == b"[1]"
    assert new.seen[0].startswith(b"POST /x HTTP/1.1\r\n")
    assert f"Host: {new.url.removeprefix('http://')}\r\n".encode() in new.seen[0]


def test_what_is_bypassed_for_one_server_is_not_for_another(serving, monkeypatch):
    proxy, direct = serving(ok(b"[1]")), serving(ok(b"[2]"))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    transport = RequestsTransport()

    far = transport.send(Request("GET", "http://queues.example/x"), PATIENT)
    near = transport.send(Request("GET", f"{direct.url}/x"), PATIENT)
    transport.close()

    assert (far.body, near.body) == (b"[1]", b"[2]")
    assert proxy.seen[0].startswith(b"GET http://queues.example/x HTTP/1.1\r\n")


@both_ways
def test_servers_that_differ_in_the_port_alone_are_two(transport, serving):
    one, other = serving(ok(b"[1]")), serving(ok(b"[2]"))

    answers = [transport.send(Request("GET", each.url), PATIENT).body for each in (one, other)]

    assert answers == [b"[1]", b"[2]"]
    assert one.seen[0].startswith(b"GET / HTTP/1.1\r\n")


@both_ways
def test_a_closed_transport_opens_new_connections(transport, serving):
    server = serving(ok(), ok())
    post(transport, server)

    transport.close()

    assert post(transport, server).status == 200
    assert server.connections == 2


def test_a_send_that_meets_a_closed_pool_was_not_sent(transport, serving):
    server = serving(ok())
    post(transport, server)

    pool_of(transport, server).close()

    with pytest.raises(ConnectError):
        post(transport, server)


@both_ways
@pytest.mark.parametrize(
    "lost",
    [
        (b"",),
        (b"HTTP/1.1 2",),
        (b"HTTP/1.1 200 OK\r\nContent-Ty",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",),
        b"what?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_a_lost_answer_is_ambiguous(transport, serving, lost):
    server = serving(lost, ok())

    with pytest.raises(AmbiguousResultError):
        post(transport, server)

    assert len(server.seen) == 1
    assert post(transport, server).status == 200


@both_ways
@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}"])
def test_an_answer_that_does_not_come_whole_in_time_is_a_timeout(transport, serving, part):
    server = serving(part, ok())

    with pytest.raises(RequestTimeoutError, match=r"0\.1 s"):
        transport.send(Request("POST", f"{server.url}/x", {}, b"{}"), Timeout(5, 0.1))

    assert post(transport, server).status == 200


def test_a_server_that_is_gone_was_not_sent_anything(transport):
    server = Server([ok(b"{}", b"Connection: close")])
    post(transport, server)
    server.close()

    with pytest.raises(ConnectError, match="refused"):
        post(transport, server)


@both_ways
def test_a_redirected_post_is_not_followed_by_a_get(transport, serving):
    there = b"HTTP/1.1 302 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
    server = serving(there, ok())

    with pytest.raises(ConfigError, match=r"redirects to http://.*/there"):
        post(transport, server)


def test_who_looks_into_requests_sees_every_request(transport, serving, monkeypatch):
    server = serving(ok(), ok(), ok())
    seen: list[str | None] = []
    real = requests.Session.send

    @functools.wraps(real)
    def watching(session, request, **options):
        seen.append(request.method)
        return real(session, request, **options)

    post(transport, server)
    monkeypatch.setattr(requests.Session, "send", watching)
    post(transport, server)
    monkeypatch.undo()
    post(transport, server)

    assert seen == ["POST"]
    assert server.connections == 1


def test_a_mock_steps_in_between_requests_to_a_server_that_is_there(transport, serving):
    server = serving(ok(b"[1]"))
    assert post(transport, server).body == b"[1]"

    with responses.RequestsMock() as mock:
        mock.post(f"{server.url}/a/b", body=b"[2]")
        assert post(transport, server).body == b"[2]"


@responses.activate
def test_responses_sees_each_request_of_a_client_as_it_was():
    url = "http://queues.example/taskqueue/v1beta2/projects/p/taskqueues/q/tasks"
    task = {"id": "a", "queueName": "q", "enqueueTimestamp": "1700000000000000"}
    responses.post(url, json=task)

    with Client("p", endpoint="http://queues.example") as client:
        for payload in (b"one", b"three"):
            client.queue("q").insert(payload)

    sent = [call.request for call in responses.calls]
    bodies = [json.loads(each.body)["payloadBase64"] for each in sent]
    assert bodies == ["b25l", "dGhyZWU="]
    assert [int(each.headers["Content-Length"]) for each in sent] == [len(x.body) for x in sent]
