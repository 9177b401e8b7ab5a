"""Letters that are handed in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from post import counter

from emulator.testing import Fault
from tqsdk import QueueNotFoundError


def test_a_letter_that_is_handed_in_waits_in_the_queue(client, taskqueue):
    counter.hand_in(client, "ada", "Hello!")

    taskqueue.assert_inserted("letters", payload={"to": "ada", "text": "Hello!"}, count=1)


def test_an_express_letter_is_told_from_an_ordinary_one(client, taskqueue):
    counter.hand_in(client, "ada", "Hello!", express=True)
    counter.hand_in(client, "bob", "Hello!")

    taskqueue.assert_inserted("letters", tag="express", count=1)
    taskqueue.assert_inserted("letters", tag="ordinary", count=1)


def test_the_number_of_a_letter_is_the_name_of_its_task(client, taskqueue):
    number = counter.hand_in(client, "ada", "Hello!")

    taskqueue.assert_inserted("letters", name=number)


def test_a_letter_for_later_is_not_delivered_now(client, taskqueue, postman):
    counter.hand_in(client, "ada", "Happy birthday!", after=timedelta(days=29))

    assert postman.round() == 0
    assert [each.state for each in taskqueue.tasks("letters")] == ["scheduled"]


def test_many_letters_are_handed_in_at_once(client, taskqueue):
    assert counter.hand_in_many(client, [f"reader-{i}" for i in range(250)], "News") == 250

    taskqueue.assert_inserted("letters", count=250)
    taskqueue.assert_no_duplicates("letters")


def test_a_letter_is_there_once_though_the_answer_is_lost(client, taskqueue, taskqueue_faults):
    lost = taskqueue_faults.add(Fault(method="insert", first=1, when="after", answer="cut"))

    counter.hand_in(client, "ada", "Hello!")

    assert taskqueue_faults.get(lost).hits == 1
    taskqueue.assert_inserted("letters", count=1)


def test_a_busy_server_is_asked_again(client, taskqueue, taskqueue_faults):
    busy = Fault(method="insert", first=2, status=503, retry_after_seconds=60)
    taskqueue_faults.add(busy)

    counter.hand_in(client, "ada", "Hello!")

    taskqueue.assert_inserted("letters", count=1)


@pytest.mark.taskqueue(queues=["undeliverable"])
def test_without_its_queue_no_letter_is_accepted(client):
    with pytest.raises(QueueNotFoundError):
        counter.hand_in(client, "ada", "Hello!")
