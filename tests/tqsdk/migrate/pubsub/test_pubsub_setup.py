"""Topics and subscriptions are made so that nothing which is published is lost."""

from __future__ import annotations

import pytest

from tests.tqsdk.migrate.records import settings
from tqsdk.migrate.moving import addresses
from tqsdk.migrate.moving.model import MoveError


def made(address: str) -> None:
    target = addresses.target(address, settings())
    target.resume(None)
    target.close()


def test_a_topic_and_a_subscription_are_made_and_may_be_there(topic, subscription, pubsub):
    id = topic.rpartition("/")[2]

    for _ in range(2):
        made(f"pubsub:{topic}?create={id}&ack-seconds=30&retain-days=2")

    found = pubsub.call("GET", subscription)
    assert (found["topic"], found["ackDeadlineSeconds"]) == (topic, 30)
    assert found["messageRetentionDuration"] == "172800s"


def test_messages_that_were_delivered_too_often_go_to_a_topic_that_keeps_them(
    topic, subscription, pubsub
):
    made(f"pubsub:{topic}?create={topic.rpartition('/')[2]}&attempts=7&retain-days=7")

    assert pubsub.call("GET", subscription)["deadLetterPolicy"] == {
        "deadLetterTopic": f"{topic}-dead",
        "maxDeliveryAttempts": 7,
    }
    assert pubsub.call("GET", f"{subscription}-dead")["topic"] == f"{topic}-dead"


def test_tags_have_subscriptions_and_all_else_has_one(topic, subscription, pubsub):
    made(
        f"pubsub:{topic}?create={topic.rpartition('/')[2]}&retain-days=7&tag=red&tag=a%22b%5C&tag="
    )

    filters = {
        end: pubsub.call("GET", f"{subscription}-{end}")["filter"]
        for end in ("red", "a-b", "untagged", "others")
    }
    assert filters == {
        "red": 'attributes.tq_tag = "red"',
        "a-b": 'attributes.tq_tag = "a\\"b\\\\"',
        "untagged": "NOT attributes:tq_tag",
        "others": 'NOT attributes.tq_tag = "red" AND NOT attributes.tq_tag = "a\\"b\\\\"'
        " AND attributes:tq_tag",
    }


def test_a_topic_that_loses_messages_is_refused(topic, pubsub):
    with pytest.raises(MoveError, match=r"there is no .*create=SUBSCRIPTION"):
        made(f"pubsub:{topic}")
    pubsub.call("PUT", topic, {})

    with pytest.raises(MoveError, match=r"has no subscription, and loses all messages"):
        made(f"pubsub:{topic}")


def test_a_subscription_that_is_another_one_is_not_taken(topic, pubsub):
    id = topic.rpartition("/")[2]
    made(f"pubsub:{topic}?create={id}&retain-days=7")

    with pytest.raises(MoveError, match=r"is there already, with topic .*give another name"):
        made(f"pubsub:{topic}-other?create={id}&retain-days=7")
    with pytest.raises(MoveError, match=r"is there already, with enableMessageOrdering None"):
        made(f"pubsub:{topic}?create={id}&retain-days=7&order-by=tag")


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ("?create=mail&ack-seconds=9", "ack-seconds is '9', and must be a number from 10 to 600"),
        ("?create=mail&attempts=4", "attempts is '4', and must be a number from 5 to 100"),
        ("?create=ab", "an id has 3 to 255"),
        ("?create=goog-mail", "not with goog"),
        ("?create=mail&tag=a.b&tag=a_b", "have one name"),
        ("?create=mail&tag=others", "have one name"),
        ("?create=mail&tag=" + "x" * 240, "is longer than 256"),
        ("?create=a&create=b", "create is given 2 times"),
        ("?tag=red", "give create"),
        ("?order-by=eta", "order-by is 'eta', and can only be tag"),
        ("?colour=red", "has no option 'colour'; it has ack-seconds, attempts, create, hold-eta"),
        ("?hold-eta=", "must be the name of a file"),
        ("/more", "is no name such as projects/PROJECT/topics/ID"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(end, problem, pubsub):
    with pytest.raises(MoveError, match=problem):
        addresses.target(f"pubsub:projects/p/topics/mail{end}", settings())
