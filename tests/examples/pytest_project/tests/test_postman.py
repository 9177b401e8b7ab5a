"""Letters that are delivered, or not."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

from post import counter
from post.postman import ROUND_SECONDS


def test_a_letter_reaches_its_recipient(client, postman, delivered):
    counter.hand_in(client, "ada", "Hello!")

    assert postman.round() == 1

    assert delivered == [("ada", "Hello!")]


def test_a_delivered_letter_is_gone(client, postman, taskqueue):
    counter.hand_in(client, "ada", "Hello!")

    postman.round()

    taskqueue.wait_until_empty("letters", timeout=0)


def test_letters_are_delivered_in_the_order_in_which_they_came(client, postman, delivered):
    for name in ("ada", "bob", "cleo"):
        counter.hand_in(client, name, "Hello!")

    postman.round()

    assert [to for to, _ in delivered] == ["ada", "bob", "cleo"]


def test_a_postman_carries_only_so_many(client, postman, taskqueue):
    for number in range(5):
        counter.hand_in(client, f"reader-{number}", "News")

    assert postman.round(most=3) == 3

    taskqueue.assert_inserted("letters", count=2)


def test_an_express_round_leaves_ordinary_letters(client, postman, delivered):
    counter.hand_in(client, "ada", "slow")
    counter.hand_in(client, "bob", "fast", express=True)

    postman.round(express=True)

    assert delivered == [("bob", "fast")]


def test_a_letter_whose_recipient_is_out_can_be_delivered_at_once(client, vain_postman, postman):
    counter.hand_in(client, "ada", "Hello!")

    assert vain_postman.round() == 0

    assert postman.round() == 1


def test_a_letter_is_tried_three_times_and_then_put_aside(client, vain_postman, taskqueue):
    counter.hand_in(client, "ada", "Hello!")

    for _ in range(3):
        vain_postman.round()

    taskqueue.assert_inserted("undeliverable", payload={"to": "ada", "text": "Hello!"}, count=1)
    assert taskqueue.tasks("letters") == []


def test_a_letter_for_later_is_delivered_then(client, postman, taskqueue_clock):
    counter.hand_in(client, "ada", "Happy birthday!", after=timedelta(days=29))

    taskqueue_clock.advance(29 * 86_400)

    assert postman.round() == 1


def test_the_letters_of_a_postman_who_vanished_come_back(client, postman, taskqueue_clock):
    counter.hand_in(client, "ada", "Hello!")
    client.queue("letters").lease(seconds=ROUND_SECONDS)

    assert postman.round() == 0
    taskqueue_clock.advance(ROUND_SECONDS)
    assert postman.round() == 1


def test_it_is_told_when_another_thread_has_delivered_all(client, postman, taskqueue):
    counter.hand_in_many(client, [f"reader-{i}" for i in range(9)], "News")
    worker = Thread(target=postman.round)

    worker.start()
    taskqueue.wait_until_empty("letters")

    worker.join()
