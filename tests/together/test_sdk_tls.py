"""tqsdk over TLS, as users of requests set it up."""

from __future__ import annotations

import pytest

from tests.emulator.auth.running import a_server
from tqsdk import Client, ConnectError, RequestsTransport, RetryPolicy


@pytest.fixture
def bare(monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_a_certificate_is_checked_against_the_bundle_of_the_environment(
    bare, tmp_path, monkeypatch
):
    with a_server("--tls-self-signed", "--store", "sqlite:///my.db", folder=tmp_path) as url:
        with (
            Client("p", endpoint=url) as stranger,
            pytest.raises(ConnectError, match="CERTIFICATE"),
        ):
            stranger.queue("q").insert(b"x", retry=RetryPolicy.none())

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "my.db.crt"))
        with Client("p", endpoint=url) as client:
            queue = client.queue("q")
            tasks = [queue.insert(b"x").name for _ in range(3)]

            assert [each.name for each in queue.list()] == tasks


def test_a_bundle_given_to_the_transport_is_used(bare, tmp_path):
    with a_server("--tls-self-signed", "--store", "sqlite:///my.db", folder=tmp_path) as url:
        transport = RequestsTransport(verify=str(tmp_path / "my.db.crt"))
        queue = Client("p", endpoint=url, transport=transport).queue("q")

        names = [queue.insert(b"x").name for _ in range(2)]
        transport.close()

    assert len(set(names)) == 2
