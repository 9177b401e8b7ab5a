"""Addresses, as they are written down and as they are refused."""

from __future__ import annotations

import pytest

from tests.tqsdk.migrate.records import settings
from tqsdk.migrate.moving import addresses
from tqsdk.migrate.moving.model import MoveError


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:s:cret@host/db#q", "postgresql://me@host/db#q"),
        (
            "postgresql://host/db?user=me&password=secret#q",
            "postgresql://host/db?user=me&password=...#q",
        ),
        ("postgresql:///db?password=secret&host=/run", "postgresql:///db?password=...&host=/run"),
        ("tq+http://localhost:8088/p/q", "tq+http://localhost:8088/p/q"),
        ("pubsub:projects/p/topics/t?tag=a:b@c", "pubsub:projects/p/topics/t?tag=a:b@c"),
    ],
)
def test_no_password_is_written_down(address, shown):
    assert addresses.shown(address) == shown


def test_an_address_of_nothing_is_told_without_its_password():
    with pytest.raises(
        MoveError, match=r"'mysql://me@host/db' cannot be written to; .*postgresql:"
    ):
        addresses.target("mysql://me:secret@host/db", settings())
