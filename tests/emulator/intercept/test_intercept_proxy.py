"""The proxy of ``exec --intercept``: whose requests end here, and where the others go."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from emulator.auth.certificate import self_signed
from emulator.config import Settings, SettingsError
from emulator.intercept.hosts import GOOGLE, is_google
from emulator.intercept.running import intercepting
from emulator.service import open_service
from tests.emulator.intercept.others import World, the_world

API = "https://www.googleapis.com/taskqueue/v1beta2/projects/s~p/taskqueues/mail"
FORM = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c"}


@dataclass
class Intercepted:
    """A program's situation.

    Attributes:
        variables: What it is told.
        world: Who it is that it could reach.
    """

    variables: Mapping[str, str]
    world: World

    @property
    def session(self) -> requests.Session:
        """A client that does as it is told, by other ways than its environment."""
        session = requests.Session()
        session.trust_env = False
        session.proxies = {each: self.variables[f"{each}_proxy"] for each in ("http", "https")}
        session.verify = self.variables["REQUESTS_CA_BUNDLE"]
        return session

    def get(self, url: str, **headers: str) -> requests.Response:
        with self.session as session:
            return session.get(url, headers=headers, timeout=10)

    def post(self, url: str, **arguments: object) -> requests.Response:
        with self.session as session:
            return session.post(url, timeout=10, **arguments)  # type: ignore[arg-type]

    def raw(self, data: bytes) -> bytes:
        """What the proxy says to *data*."""
        address = urlsplit(self.variables["http_proxy"])
        with socket.create_connection((address.hostname, address.port), timeout=10) as client:
            client.sendall(data)
            return b"".join(iter(lambda: client.recv(65_536), b""))

    def connected(self, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        """A connection in TLS with *host*, by CONNECT."""
        address = urlsplit(self.variables["http_proxy"])
        client = socket.create_connection((address.hostname, address.port), timeout=10)
        client.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
        assert client.recv(100) == b"HTTP/1.1 200 Connection Established\r\n\r\n"
        return context.wrap_socket(client, server_hostname=host)


@asynccontextmanager
async def intercepted(folder: Path, *, offline: bool = False) -> AsyncIterator[Intercepted]:
    """Everything that is not Google's is far.example, whose certificate the user trusts."""
    far = self_signed(folder / "far", ["far.example"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(far.certificate, far.key)
    async with the_world(context) as world:
        environ = {
            "http_proxy": world.proxy,
            "HTTPS_PROXY": world.proxy,
            "REQUESTS_CA_BUNDLE": str(far.certificate),
        }
        service = open_service(Settings(allowed_hosts=GOOGLE), loop=asyncio.get_running_loop())
        try:
            url = "http://127.0.0.1:8088"
            async with intercepting(service, url, environ=environ, offline=offline) as variables:
                yield Intercepted(variables, world)
        finally:
            service.store.close()


Ask = Callable[[Intercepted], object]


def answers(folder: Path, *asks: Ask, offline: bool = False) -> tuple[list[object], list[str]]:
    """What each of *asks* gives, and the first lines of what was asked of the world."""

    async def run() -> tuple[list[object], list[str]]:
        async with intercepted(folder, offline=offline) as situation:
            found = [await asyncio.to_thread(ask, situation) for ask in asks]
            return found, [head.partition("\r\n")[0] for head in situation.world.heads]

    return asyncio.run(run())


def outcome(response: requests.Response) -> tuple[int, str]:
    error = response.json().get("error", {})
    return response.status_code, error["errors"][0]["reason"] if error else ""


def test_all_that_is_asked_of_google_is_answered_here(tmp_path):
    def token(url: str) -> Ask:
        return lambda it: it.post(url, data=FORM).json()["token_type"]

    found, asked = answers(
        tmp_path,
        lambda it: outcome(it.get(API)),
        lambda it: outcome(it.get("https://pubsub.googleapis.com/v1/projects/p/topics")),
        lambda it: outcome(it.get("https://console.cloud.google.com/")),
        lambda it: outcome(it.get("http://my-app.appspot.com/")),
        token("https://accounts.google.com/o/oauth2/token"),
        token("https://oauth2.googleapis.com/token"),
        token("https://www.googleapis.com/oauth2/v4/token"),
        token("https://www.googleapis.com/oauth2/v3/token"),
    )

    assert found[0] == (200, "")
    assert found[1:4] == [(404, "notFound")] * 3
    assert found[4:] == ["Bearer"] * 4
    assert asked == []


@pytest.mark.parametrize("host", ["metadata.google.internal", "169.254.169.254"])
def test_the_metadata_server_is_here(tmp_path, host):
    url = f"http://{host}/computeMetadata/v1/project/project-id"
    flavor = {"Metadata-Flavor": "Google"}
    # As httplib2 does, and curl with -p.
    tunnelled = f"CONNECT {host}:80 HTTP/1.1\r\n\r\n"
    request = (
        f"GET {urlsplit(url).path} HTTP/1.0\r\nHost: {host}\r\nMetadata-Flavor: Google\r\n\r\n"
    )

    found, asked = answers(
        tmp_path,
        lambda it: it.get(url, **flavor).text,
        lambda it: it.raw((tunnelled + request).encode()).rpartition(b"\r\n\r\n")[2],
    )

    assert found == ["emulator", b"emulator"]
    assert asked == []


def test_a_document_names_the_address_that_it_was_asked_at(tmp_path):
    url = "https://www.googleapis.com/discovery/v1/apis/taskqueue/v1beta2/rest"

    [[root], _] = answers(tmp_path, lambda it: it.get(url).json()["rootUrl"])

    assert root == "https://www.googleapis.com/"


def test_a_connection_is_used_again(tmp_path):
    def twice(it: Intercepted) -> list[bytes]:
        context = ssl.create_default_context(cafile=it.variables["SSL_CERT_FILE"])
        request = b"GET /livez HTTP/1.1\r\nHost: www.googleapis.com\r\n\r\n"
        answers = []
        with it.connected("www.googleapis.com", context) as client:
            for _ in range(2):
                client.sendall(request)
                answers.append(client.recv(65_536).partition(b"\r\n")[0])
        return answers

    [[found], _] = answers(tmp_path, twice)

    assert found == [b"HTTP/1.1 200 OK"] * 2


def test_certificates_are_as_strict_clients_want_them_and_speak_http_1(tmp_path):
    def shake_hands(it: Intercepted) -> tuple[str | None, object]:
        context = ssl.create_default_context(cafile=it.variables["SSL_CERT_FILE"])
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.set_alpn_protocols(["h2", "http/1.1"])
        with it.connected("a.b.googleapis.com", context) as client:
            return client.selected_alpn_protocol(), client.getpeercert()["subjectAltName"]

    [[found], _] = answers(tmp_path, shake_hands)

    assert found == ("http/1.1", (("DNS", "a.b.googleapis.com"),))


def test_a_program_that_does_not_trust_us_is_named_in_the_log(tmp_path, caplog):
    def distrust(it: Intercepted) -> str:
        with pytest.raises(ssl.SSLCertVerificationError):
            it.connected("www.googleapis.com", ssl.create_default_context())
        return "refused"

    with caplog.at_level(logging.WARNING):
        answers(tmp_path, distrust, lambda it: it.get(API).ok)

    assert "a program did not take our certificate" in caplog.text


def test_programs_that_speak_tls_with_the_proxy_itself_are_understood(tmp_path):
    """As axios did until 0.18: it asks the proxy for https://, in TLS, as if it were the host."""

    def ask(url: str) -> Ask:
        def asked(it: Intercepted) -> bytes:
            address, host = urlsplit(it.variables["https_proxy"]), urlsplit(url).hostname
            context = ssl.create_default_context(cafile=it.variables["SSL_CERT_FILE"])
            with (
                socket.create_connection((address.hostname, address.port), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname=host) as client,
            ):
                client.sendall(f"GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                answer = b"".join(iter(lambda: client.recv(65_536), b""))
            return answer.split(b" ")[1]

        return asked

    found, asked = answers(tmp_path, ask(API), ask("https://far.example/"))

    assert found == [b"200", b"200"]
    assert asked == ["CONNECT far.example:443 HTTP/1.1"]


def test_other_hosts_are_reached_as_the_user_has_it_set_up(tmp_path):
    large = b"x" * 3_000_000

    async def run() -> None:
        async with intercepted(tmp_path) as it:
            by_tunnel = await asyncio.to_thread(it.post, "https://far.example/", data=large)
            plain = await asyncio.to_thread(it.get, "http://far.example/a?b=c")

            assert by_tunnel.content == b"far " + large
            assert plain.text == "near"
            first, second = it.world.heads
            assert first.startswith("CONNECT far.example:443 HTTP/1.1\r\n")
            assert second.startswith("GET http://far.example/a?b=c HTTP/1.1\r\n")
            for head in it.world.heads:
                assert "Proxy-Authorization: Basic YWRhOnBAc3M=\r\n" in head

    asyncio.run(run())


def test_this_machine_is_reached_directly_also_offline(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as here:
        port = here.getsockname()[1]

        def ask(it: Intercepted) -> bytes:
            address = urlsplit(it.variables["http_proxy"])
            with socket.create_connection((address.hostname, address.port), timeout=10) as client:
                request = f"POST http://127.0.0.1:{port}/x HTTP/1.1\r\nProxy-Connection: y\r\nA: b"
                client.sendall(f"{request}\r\n\r\nbody".encode())
                with here.accept()[0] as server:
                    return server.recv(65_536)

        found, asked = answers(tmp_path, ask, offline=True)

    assert found == [b"POST /x HTTP/1.1\r\nA: b\r\nConnection: close\r\n\r\nbody"]
    assert asked == []


def test_offline_all_others_are_refused_and_named(tmp_path, caplog):
    def tunnel(it: Intercepted) -> str:
        with pytest.raises(requests.exceptions.ProxyError, match="403 Forbidden"):
            it.get("https://far.example/")
        return "refused"

    with caplog.at_level(logging.WARNING):
        found, asked = answers(
            tmp_path, tunnel, lambda it: outcome(it.get("http://far.example/")), offline=True
        )

    assert found == ["refused", (403, "forbidden")]
    assert asked == []
    assert (
        caplog.messages == ["far.example is refused by tq-emulator exec --intercept --offline."] * 2
    )


def test_a_host_that_cannot_be_reached_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    [[found], _] = answers(tmp_path, lambda it: it.get(f"http://127.0.0.1:{port}/"))

    assert found.status_code == 502
    assert f"127.0.0.1:{port} cannot be reached: " in found.json()["error"]["message"]


def test_what_can_be_no_hosts_name_is_no_host_either(tmp_path):
    [[found], _] = answers(tmp_path, lambda it: it.raw(b"GET http://.localhost/ HTTP/1.1\r\n\r\n"))

    assert found.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")


@pytest.mark.parametrize(
    "head", ["GET / HTTP/1.1", "CONNECT nowhere HTTP/1.1", "CONNECT x:y z", "x"]
)
def test_what_is_no_request_to_a_proxy_is_refused(tmp_path, head):
    [[found], _] = answers(tmp_path, lambda it: it.raw(f"{head}\r\n\r\n".encode()))

    assert found.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"ask it for http://HOST/" in found


def test_the_authoritys_key_is_on_no_disk_and_all_files_go_with_the_run(tmp_path):
    def look(it: Intercepted) -> list[Path]:
        assert it.get(API).ok  # so a certificate was made
        return sorted(Path(it.variables["SSL_CERT_FILE"]).parent.iterdir())

    [[files], _] = answers(tmp_path, look)

    assert [each.name for each in files] == ["trusted.p12", "trusted.pem"]
    assert not files[0].parent.exists()


def test_a_proxy_of_another_kind_is_refused_at_once(tmp_path):
    async def run() -> None:
        environ = {"https_proxy": "socks5://127.0.0.1:1"}
        service = open_service(Settings(), loop=asyncio.get_running_loop())
        try:
            async with intercepting(service, "http://h:1", environ=environ, offline=False):
                pass
        finally:
            service.store.close()

    with pytest.raises(SettingsError, match=r"https_proxy: .* http://HOST:PORT only"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "googles"),
    [
        ("www.googleapis.com", True),
        ("googleapis.com", True),
        ("us-central1.rep.googleapis.com.", True),
        ("accounts.google.com", True),
        ("metadata.google.internal", True),
        ("lh3.googleusercontent.com", True),
        ("my-app.appspot.com", True),
        ("notgoogle.com", False),
        ("google.com.example", False),
        ("127.0.0.1", False),
    ],
)
def test_a_host_is_googles_by_its_domain(host, googles):
    assert is_google(host) is googles
