"""The documents go out as Google published them, but for the address."""

from __future__ import annotations

import pytest

from discovery import contract
from tests.wire.fronts import Sent

PATHS = ["/discovery/v1/apis/taskqueue/{}/rest", "/$discovery/rest?version={}"]
QUERIES = ["name=%FF", "name=%ED%A0%80", "preferred=%00", "=", "&&", "a=b&" * 200]
GOOGLE = b'"https://www.googleapis.com/'


@pytest.mark.parametrize("version", contract.VERSIONS)
@pytest.mark.parametrize("path", PATHS)
def test_a_document_is_served_to_the_byte_but_for_its_two_addresses(front, path, version):
    published = contract.load(version).document
    ours = b'"http://queues.example:9000/'
    base = b"taskqueue/%s/projects/" % version.encode()
    expected = published.replace(b'"rootUrl": ' + GOOGLE, b'"rootUrl": ' + ours)
    expected = expected.replace(b'"baseUrl": ' + GOOGLE + base, b'"baseUrl": ' + ours + base)

    got = front.send(Sent("GET", path.format(version), {"host": "queues.example:9000"}))

    assert got.body == expected
    assert published.count(b"\n") == expected.count(b"\n")


@pytest.mark.parametrize("host", ["", "[::1]:8088", 'x"y', "a b", "é", "x" * 10_000])
def test_no_host_makes_the_server_fail(front, host):
    got = front.send(Sent("GET", "/discovery/v1/apis", {"host": host}))

    assert got.status == 200


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_makes_the_directory_fail(front, query):
    assert front.send(Sent("GET", f"/discovery/v1/apis?{query}")).status in (200, 400)
    assert front.send(Sent("GET", f"/$discovery/rest?{query}")).status in (400, 404)
