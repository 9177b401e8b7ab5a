"""Copies in the archive, which Google's client keeps."""

from __future__ import annotations

from post.archive import WEEK_SECONDS

from emulator.testing import Fault


def test_a_copy_is_kept(archive, taskqueue):
    number = archive.keep("To whom it may concern")

    taskqueue.assert_inserted("copies", payload="To whom it may concern", name=number, count=1)


def test_a_borrowed_copy_can_be_read(archive):
    number = archive.keep("Dear Sir")

    assert archive.borrow(10) == {number: "Dear Sir"}


def test_a_borrowed_copy_is_lent_to_nobody_else(archive):
    archive.keep("Dear Sir")
    archive.borrow(1)

    assert archive.borrow(1) == {}


def test_a_copy_that_is_not_brought_back_for_a_week_is_lent_again(archive, taskqueue_clock):
    archive.keep("Dear Sir")
    archive.borrow(1)

    taskqueue_clock.advance(WEEK_SECONDS - 1)
    assert archive.borrow(1) == {}

    taskqueue_clock.advance(1)
    assert len(archive.borrow(1)) == 1


def test_a_discarded_copy_is_gone(archive, taskqueue):
    archive.discard(archive.keep("Dear Sir"))

    assert taskqueue.tasks("copies") == []


def test_through_googles_client_a_copy_is_kept_twice_when_an_answer_is_lost(
    archive, taskqueue, taskqueue_faults
):
    taskqueue_faults.add(Fault(method="insert", first=1, when="after", answer="cut"))

    archive.keep("Dear Sir")

    taskqueue.assert_inserted("copies", payload="Dear Sir", count=2)
