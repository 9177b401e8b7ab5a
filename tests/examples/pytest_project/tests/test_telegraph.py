"""Telegrams over plain HTTP."""

from __future__ import annotations

from urllib.error import HTTPError

import pytest


def test_a_telegram_arrives(telegraph):
    telegraph.send("ARRIVING MONDAY")

    assert telegraph.receive() == "ARRIVING MONDAY"


def test_a_telegram_that_has_arrived_is_off_the_wire(telegraph):
    telegraph.send("ARRIVING MONDAY")
    telegraph.receive()

    assert telegraph.receive() is None


def test_the_wire_can_be_looked_at(telegraph, taskqueue):
    telegraph.send("ARRIVING MONDAY")

    assert telegraph.waiting() == 1
    assert [each.text() for each in taskqueue.tasks("telegrams")] == ["ARRIVING MONDAY"]


def test_the_wire_can_be_cleared(telegraph, taskqueue):
    telegraph.send("ARRIVING MONDAY")
    telegraph.send("NO STOP TUESDAY")

    assert [each.text() for each in taskqueue.drain("telegrams")] == [
        "ARRIVING MONDAY",
        "NO STOP TUESDAY",
    ]
    assert telegraph.waiting() == 0


def test_a_number_is_given_to_one_telegram_only(telegraph):
    telegraph.send("ARRIVING MONDAY", number="t1")

    with pytest.raises(HTTPError, match="400"):
        telegraph.send("ARRIVING TUESDAY", number="t1")


def test_what_was_telegraphed_is_in_the_journal(telegraph, taskqueue_journal):
    number = telegraph.send("ARRIVING MONDAY")

    (entry,) = taskqueue_journal.entries("insert")
    assert entry.tasks == (number,)
    assert "QVJSSVZJTkcgTU9OREFZ" in (taskqueue_journal.entry(entry.sequence).request_body or "")
