"""Who may control a server."""

from __future__ import annotations

import pytest

from emulator.control.gate import Gate
from emulator.rest.access import Guard
from emulator.rest.errors import WireError
from emulator.rest.messages import Request

OPEN = Gate(Guard())
CLOSED = Gate(Guard(), token="open sesame")


@pytest.mark.parametrize("peer", ["", "127.0.0.1", "127.8.0.1", "::1"])
def test_this_machine_may_control_a_server_without_a_token(peer):
    OPEN.admit(a_request(peer=peer))


def test_another_machine_may_not_and_is_told_how():
    with pytest.raises(WireError, match="--control-token") as caught:
        OPEN.admit(a_request(peer="192.0.2.7"))

    assert caught.value.status == 403


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
@pytest.mark.parametrize("gate", [OPEN, CLOSED])
def test_foreign_pages_are_kept_out_token_or_not(gate, headers):
    headers = {"authorization": "Bearer open sesame", **headers}

    with pytest.raises(WireError, match="does not answer") as caught:
        gate.admit(a_request(headers=headers))

    assert caught.value.status == 403


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.7"])
def test_who_has_the_token_may_control_a_server_from_anywhere(peer):
    CLOSED.admit(a_request(peer=peer, headers={"authorization": "Bearer open sesame"}))


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer \xff"}])
def test_where_there_is_a_token_this_machine_needs_it_too(headers):
    with pytest.raises(WireError) as caught:
        CLOSED.admit(a_request(peer="127.0.0.1", headers=headers))

    assert caught.value.status == 401


def a_request(*, peer="", headers=()):
    return Request("POST", "/_emulator/v1/reset", "", dict(headers), b"", "http", peer)
