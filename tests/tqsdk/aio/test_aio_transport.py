"""Over real sockets: was the request sent or not?"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading

import aiohttp
import pytest

from tests.tqsdk.serving import OK, close, garbage, hang_up, saying, serving, silence
from tqsdk import (
    AmbiguousResultError,
    ConfigError,
    ConnectError,
    Request,
    RequestTimeoutError,
    RetryPolicy,
    Timeout,
)
from tqsdk.aio import AiohttpTransport, AsyncClient

PATIENT = Timeout(5, 5)
HASTY = Timeout(0.2, 0.2)


async def send(request: Request, timeout: Timeout = PATIENT, **settings):
    transport = AiohttpTransport(**settings)
    try:
        return await transport.send(request, timeout)
    finally:
        await transport.close()


async def get(address: str, timeout: Timeout = PATIENT, scheme="http", **settings):
    return await send(Request("GET", f"{scheme}://{address}/x", {}), timeout, **settings)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def test_an_answer_comes_back_whole():
    with serving(saying(b"HTTP/1.1 404 No\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}")) as address:
        response = await get(address)

    assert (response.status, response.body, response.header("x-a")) == (404, b"{}", "b")


async def test_the_request_is_sent_as_it_is():
    seen = []

    def answer(connection):
        seen.append(connection.recv(9999))
        connection.sendall(OK)

    with serving(answer) as address:
        await send(Request("POST", f"http://{address}/s~p/a%2Fb?x=%20", {"X-A": "b"}, b"{1}"))

    assert seen[0].startswith(b"POST /s~p/a%2Fb?x=%20 HTTP/1.1\r\n")
    assert b"\r\nX-A: b\r\n" in seen[0]
    assert seen[0].endswith(b"\r\n\r\n{1}")


async def test_a_large_body_is_sent_whole():
    sizes = []

    def answer(connection):
        with connection.makefile("rb") as stream:
            head = iter(stream.readline, b"\r\n")
            [length] = [line for line in head if line.lower().startswith(b"content-length")]
            sizes.append(len(stream.read(int(length.split(b":")[1]))))
        connection.sendall(OK)

    with serving(answer) as address:
        await send(Request("POST", f"http://{address}/x", {}, b"x" * 3_000_000))

    assert sizes == [3_000_000]


async def test_a_refused_connection_was_not_sent():
    with pytest.raises(ConnectError, match=r"^could not connect: .*Connect call failed"):
        await get(f"127.0.0.1:{free_port()}")


async def test_a_name_without_address_was_not_sent(monkeypatch):
    def unknown(*arguments, **keywords):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(ConnectError, match="Name or service not known"):
        await get("no-such-host.invalid")


async def test_a_connection_that_takes_too_long_was_not_sent(monkeypatch):
    async def never(*arguments, **keywords):
        await asyncio.Event().wait()

    monkeypatch.setattr("aiohappyeyeballs.start_connection", never)

    with pytest.raises(ConnectError, match="timeout"):
        await get("127.0.0.1:1", Timeout(0.05, 5))


@pytest.mark.parametrize("answer", [close, hang_up, garbage, silence])
async def test_a_failed_tls_handshake_was_not_sent(answer):
    with serving(answer) as address, pytest.raises(ConnectError):
        await get(address, HASTY, scheme="https")


@pytest.mark.parametrize("answer", [close, hang_up])
async def test_a_connection_that_breaks_after_the_request_is_ambiguous(answer):
    with serving(answer) as address, pytest.raises(AmbiguousResultError) as caught:
        await get(address)

    assert not isinstance(caught.value, RequestTimeoutError)


async def test_an_answer_that_does_not_come_is_a_timeout():
    with serving(silence) as address, pytest.raises(RequestTimeoutError, match=r"0\.2 s"):
        await get(address, HASTY)


async def test_a_server_that_does_not_read_is_a_timeout():
    asked = threading.Event()
    with serving(lambda connection: asked.wait(5)) as address:
        with pytest.raises(RequestTimeoutError):
            await send(Request("POST", f"http://{address}/x", {}, b"x" * 30_000_000), HASTY)
        asked.set()


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX-A: b\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 2",
        b"what?\r\n\r\n",
    ],
)
async def test_half_an_answer_is_ambiguous(part):
    with serving(saying(part)) as address, pytest.raises(AmbiguousResultError):
        await get(address)


async def test_a_body_that_stops_coming_is_a_timeout():
    def answer(connection):
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}")(connection)
        silence(connection)

    with serving(answer) as address, pytest.raises(RequestTimeoutError):
        await get(address, HASTY)


async def test_the_whole_can_be_bounded_too():
    def answer(connection):
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}")(connection)
        silence(connection)

    with serving(answer) as address, pytest.raises(RequestTimeoutError):
        await get(address, Timeout(5, 5, total=0.1))


@pytest.mark.parametrize("answer", [close, hang_up])
@pytest.mark.parametrize("verb", ["GET", "DELETE"])
async def test_nothing_is_repeated_on_a_connection_in_use(answer, verb):
    seen = []

    def once_and_break(connection):
        saying(OK)(connection)
        answer(connection)
        seen.append(verb)

    with serving(once_and_break) as address:
        transport = AiohttpTransport()
        request = Request(verb, f"http://{address}/x", {})
        await transport.send(request, PATIENT)
        with pytest.raises(AmbiguousResultError) as caught:
            await transport.send(request, PATIENT)
        await transport.close()

    assert seen == [verb]
    # A second connection would have been made, and got no answer.
    assert not isinstance(caught.value, RequestTimeoutError)


async def test_an_unavailable_server_is_asked_once():
    no = b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
    with serving(saying(no)) as address:
        assert (await get(address)).status == 503


async def test_a_client_with_other_options_leaves_the_connection_open():
    def answer(connection):
        saying(OK)(connection)
        saying(OK)(connection)

    with serving(answer) as address:  # which takes one connection
        async with AsyncClient("p", endpoint=f"http://{address}", timeout=1) as client:
            async with client.with_options(deadline=9) as other:
                await other.queue("q").list()
            await client.queue("q").list(retry=RetryPolicy.none())


async def test_a_cancelled_request_takes_its_connection_along():
    here = asyncio.get_running_loop()
    asked, left = asyncio.Event(), here.create_future()

    def answer(connection):
        connection.recv(9999)
        here.call_soon_threadsafe(asked.set)
        here.call_soon_threadsafe(left.set_result, connection.recv(9999))

    with serving(answer) as address:
        transport = AiohttpTransport()
        request = Request("POST", f"http://{address}/x", {}, b"{}")
        sending = asyncio.create_task(transport.send(request, PATIENT))
        await asked.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert await left == b""
        await transport.close()


async def test_waiting_for_a_turn_is_no_failure_to_connect():
    answers = 0

    async def answer(reader, writer):
        nonlocal answers
        while await reader.readuntil(b"\r\n\r\n"):
            answers += 1
            await asyncio.sleep(0)
            writer.write(OK)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = "{}:{}".format(*server.sockets[0].getsockname())
        transport = AiohttpTransport(connections=1)
        request = Request("GET", f"http://{address}/x", {})
        await asyncio.gather(*[transport.send(request, HASTY) for _ in range(20)])
        await transport.close()

    assert answers == 20


async def test_waiting_for_a_turn_is_bounded_by_the_whole():
    with serving(silence) as address:
        transport = AiohttpTransport(connections=1)
        request = Request("GET", f"http://{address}/x", {})
        first = asyncio.create_task(transport.send(request, PATIENT))
        await asyncio.sleep(0)
        with pytest.raises(ConnectError, match="timed out"):
            await transport.send(request, Timeout(5, 5, total=0.05))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await transport.close()


@pytest.mark.parametrize("line", [b"407 Who are you", b"502 Bad Gateway"])
async def test_a_proxy_that_does_not_let_us_through_did_not_send_it(line):
    refusal = b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n"
    with serving(saying(refusal)) as address:
        proxies = {"https": f"http://{address}"}
        with pytest.raises(ConnectError):
            await get("queues.example", scheme="https", proxies=proxies)


@pytest.mark.parametrize("answer", [close, hang_up, silence])
async def test_a_proxy_that_breaks_before_it_connects_did_not_send_it(answer):
    with serving(answer) as address:
        proxies = {"https": f"http://{address}"}
        with pytest.raises(ConnectError):
            await get("queues.example", HASTY, scheme="https", proxies=proxies)


async def test_a_proxy_that_is_not_there_did_not_send_it():
    with pytest.raises(ConnectError):
        await get("queues.example", proxies={"http": f"http://127.0.0.1:{free_port()}"})


async def test_the_proxy_of_the_environment_is_used(monkeypatch):
    seen = []

    def answer(connection):
        seen.append(connection.recv(9999))
        connection.sendall(OK)

    with serving(answer) as address:
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("no_proxy", "elsewhere.example")
        await get("queues.example")

    assert seen[0].startswith(b"GET http://queues.example/x HTTP/1.1\r\n")


async def test_the_environment_may_exempt_a_server_from_its_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.0/8")

    with serving(saying(OK)) as address:
        assert (await get(address)).status == 200


async def test_the_environment_may_be_left_unread(monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")

    with serving(saying(OK)) as address:
        assert (await get(address, trust_env=False)).status == 200


async def test_a_proxy_that_aiohttp_does_not_know_is_named(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")

    with pytest.raises(ConfigError, match="no socks5 proxy"):
        await get("queues.example")


async def test_the_certificates_of_the_environment_are_used(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))

    with pytest.raises(ConfigError, match=r"none\.pem"):
        await get("127.0.0.1:1", scheme="https")


async def test_a_client_certificate_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"mine\.pem"):
        await get("127.0.0.1:1", cert=str(tmp_path / "mine.pem"))


async def test_a_netrc_does_not_replace_the_token(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password other")
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []

    def answer(connection):
        seen.append(connection.recv(9999))
        connection.sendall(OK)

    with serving(answer) as address:
        async with AsyncClient("p", endpoint=f"http://{address}", token="mine") as client:
            await client.queue("q").info()

    assert b"\r\nAuthorization: Bearer mine\r\n" in seen[0]
    assert f" aiohttp/{aiohttp.__version__}\r\n".encode() in seen[0]


def to(url: str, status: int) -> bytes:
    return f"HTTP/1.1 {status} Go\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()


async def test_a_redirect_of_a_read_is_followed():
    with serving(saying(OK)) as new, serving(saying(to(f"http://{new}/x", 301))) as old:
        assert (await get(old)).status == 200


async def test_a_redirect_that_keeps_the_verb_keeps_the_body():
    seen = []

    def answer(connection):
        seen.append(connection.recv(9999))
        connection.sendall(OK)

    with serving(answer) as new, serving(saying(to(f"http://{new}/y", 308))) as old:
        await send(Request("POST", f"http://{old}/x", {"Authorization": "Bearer a"}, b"{1}"))

    assert seen[0].startswith(b"POST /y ")
    assert seen[0].endswith(b"{1}")
    assert b"Bearer" not in seen[0]


async def test_a_redirect_that_would_turn_a_post_into_a_get_is_refused():
    with (
        serving(saying(OK)) as new,
        serving(saying(to(f"http://{new}/x", 301))) as old,
        pytest.raises(ConfigError, match=f"http://{new}/x"),
    ):
        await send(Request("POST", f"http://{old}/x", {}, b"{}"))


async def test_a_redirect_to_a_server_that_is_not_there_was_not_done():
    url = f"http://127.0.0.1:{free_port()}/x"
    with serving(saying(to(url, 307))) as old, pytest.raises(ConnectError):
        await send(Request("POST", f"http://{old}/x", {}, b"{}"))


async def test_endless_redirects_are_a_matter_of_configuration():
    def answer(connection):
        while connection.recv(9999):
            connection.sendall(to("/x", 302))

    with serving(answer) as address, pytest.raises(ConfigError):
        await get(address)


async def test_a_header_that_cannot_be_sent_is_a_matter_of_configuration():
    with serving(silence) as address, pytest.raises(ConfigError, match="cannot send"):
        await send(Request("GET", f"http://{address}/x", {"X-A": "b\r\nX-C: d"}))


def test_a_second_event_loop_is_refused():
    transport = AiohttpTransport()

    async def ask(address, *, close):
        await transport.send(Request("GET", f"http://{address}/x", {}), PATIENT)
        if close:
            await transport.close()

    with serving(saying(OK)) as address:
        asyncio.run(ask(address, close=True))
    with asyncio.Runner() as one, asyncio.Runner() as other:
        with serving(saying(OK)) as address:
            one.run(ask(address, close=False))
        with pytest.raises(ConfigError, match="event loop"):
            other.run(ask("127.0.0.1:1", close=False))
        one.run(transport.close())


def test_transport_errors_know_nothing_of_aiohttp():
    assert not issubclass(ConnectError, aiohttp.ClientError | ssl.SSLError)


def test_there_is_room_for_one_request_at_least():
    with pytest.raises(ConfigError, match="connections"):
        AiohttpTransport(connections=0)
