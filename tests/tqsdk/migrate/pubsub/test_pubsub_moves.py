"""Tasks move to the real emulator of Pub/Sub and back, and are the same ones."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.tqsdk.migrate.records import (
    BEGIN,
    a_record,
    many_records,
    move_all,
    read_all,
    settings,
    write_file,
)
from tqsdk.migrate.moving import addresses
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.model import STORED, MoveError, refused

LATER = 4_000_000_000_000_000  # microseconds; not in our time

# For how long to wait for a message that will not come.
WAIT = 0.5


@pytest.fixture
def address(topic: str) -> str:
    return f"pubsub:{topic}?retain-days=7&create={topic.rpartition('/')[2]}"


@pytest.fixture
def target(address):
    target = addresses.target(address, settings())
    target.resume(None)
    yield target
    target.close()


def pulled(pubsub, subscription: str, count: int) -> list[dict]:
    """The first messages of a subscription, waited for."""
    messages = []
    while len(messages) < count:
        answer = pubsub.call("POST", f"{subscription}:pull", {"maxMessages": 100})
        messages += [each["message"] for each in answer.get("receivedMessages", [])]
    return messages


def test_all_that_is_known_of_a_task_goes_there_and_comes_back(address, subscription, tmp_path):
    records = list(many_records(1_300))
    file = write_file(tmp_path / "tasks.jsonl", records)

    tally = move_all(file, address, tmp_path / "to")

    assert (tally.stored, tally.refused) == (1_300, 0)
    assert read_all(f"pubsub:{subscription}", wait=WAIT) == records
    back = f"file:{tmp_path / 'back.jsonl'}"
    move_all(f"pubsub:{subscription}", back, tmp_path / "back", wait=WAIT)
    assert read_all(back) == records
    assert read_all(f"pubsub:{subscription}", wait=WAIT) == []


def test_a_task_is_a_message_with_attributes(target, pubsub, subscription):
    record = a_record("a", payload=b"\xff", tag="r\u00f6d", eta=BEGIN, retry_count=2)

    assert target.put([record], again=False) == [STORED]

    (message,) = pulled(pubsub, subscription, 1)
    assert base64.b64decode(message["data"]) == b"\xff"
    assert message["attributes"] == {
        "tq_name": "a",
        "tq_tag": "r\u00f6d",
        "tq_queue": "mail",
        "tq_project": "my-app",
        "tq_eta": str(BEGIN),
        "tq_enqueued": str(BEGIN),
        "tq_retry_count": "2",
    }


def test_a_message_that_others_published_is_a_task_too(target, pubsub, topic, subscription):
    body = {"messages": [{"data": "YQ=="}]}
    (id,) = pubsub.call("POST", f"{topic}:publish", body)["messageIds"]

    (record,) = read_all(f"pubsub:{subscription}", wait=WAIT)

    assert (record.name, record.payload, record.tag) == (f"message-{id}", b"a", "")
    assert (record.project, record.queue) == ("my-app", topic.rpartition("/")[2])


def test_a_task_that_is_not_due_is_refused(target):
    reason = target.refusal(a_record("a", eta=LATER))

    assert "hold-eta=FILE" in reason
    assert target.put([a_record("a", eta=LATER), a_record("b")], again=False) == [
        refused(reason),
        STORED,
    ]


def test_tasks_that_are_not_due_are_kept_back_in_a_file_to_be_moved_later(
    address, subscription, tmp_path
):
    file = write_file(tmp_path / "tasks.jsonl", [a_record("a"), a_record("b", eta=LATER)])
    later = tmp_path / "later.jsonl"

    tally = move_all(file, f"{address}&hold-eta={later}", tmp_path / "ledger")

    assert (tally.stored, tally.refused) == (2, 0)
    assert [each.name for each in read_all(f"pubsub:{subscription}", wait=WAIT)] == ["a"]
    assert read_all(f"file:{later}") == [a_record("b", eta=LATER)]


def test_no_file_is_made_where_all_is_due(address, tmp_path):
    file = write_file(tmp_path / "tasks.jsonl", [a_record("a")])

    move_all(file, f"{address}&hold-eta={tmp_path / 'later'}", tmp_path / "ledger")

    assert not (tmp_path / "later").exists()


def test_what_a_killed_run_kept_back_is_kept_back_once(address, tmp_path):
    later = tmp_path / "later.jsonl"
    held = f"{address}&hold-eta={later}"
    first = addresses.target(held, settings())
    first.resume(None)
    first.put([a_record("a", eta=LATER)], again=False)
    mark = first.mark()
    first.put([a_record("b", eta=LATER)], again=False)
    first.close()  # without a mark for the second batch

    second = addresses.target(held, settings())
    second.resume(mark)
    second.put([a_record("b", eta=LATER)], again=True)
    second.finish()
    second.close()

    assert [each.name for each in read_all(f"file:{later}")] == ["a", "b"]


def test_people_are_told_what_may_be_published_twice(address):
    told: list[str] = []
    target = addresses.target(address, settings(note=told.append))
    target.resume("")
    target.put([a_record("a")], again=False)
    assert told == []

    target.put([a_record("b"), a_record("c")], again=True)

    assert told == ["2 messages may be published twice: the last run was killed"]
    target.close()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (a_record("a", tag="\u00fc" * 513), "its tag is longer than 1024 bytes"),
        (a_record("a", payload=bytes(10_000_000)), "it is larger than 10,000,000 bytes"),
    ],
)
def test_what_no_message_can_have_is_refused(record, reason, target):
    assert target.refusal(record).startswith(reason)


def test_large_payloads_are_cut_into_several_calls(target, subscription):
    records = [a_record(f"{n}", payload=bytes(1 << 20)) for n in range(9)]

    assert target.put(records, again=False) == [STORED] * 9

    found = {each.name for each in read_all(f"pubsub:{subscription}", wait=WAIT)}
    assert found == {each.name for each in records}


def test_messages_of_a_tag_are_in_order_if_that_is_asked_for(
    address, topic, subscription, pubsub, tmp_path
):
    file = write_file(tmp_path / "f", [a_record("a", tag="red"), a_record("b")])
    move_all(file, f"{address}&order-by=tag", tmp_path / "ledger")

    assert pubsub.call("GET", subscription)["enableMessageOrdering"] is True
    keys = {
        m["attributes"]["tq_name"]: m.get("orderingKey") for m in pulled(pubsub, subscription, 2)
    }
    assert keys == {"a": "red", "b": None}
    with pytest.raises(MoveError, match="keeps an order"):
        read_all(f"pubsub:{subscription}", wait=WAIT)


def test_a_batch_that_was_safe_when_the_run_was_killed_is_only_acknowledged(
    address, subscription, tmp_path
):
    move_all(write_file(tmp_path / "f", [a_record("a")]), address, tmp_path / "to")
    from_ = f"pubsub:{subscription}"
    with Ledger(tmp_path / "ledger", "move") as ledger:
        killed = addresses.source(from_, settings(wait=WAIT), ledger)
        batch = next(iter(killed.batches(None)))
        ledger.begin(batch.place)
        ledger.put(batch.records, [STORED], None)

        source = addresses.source(from_, settings(wait=WAIT), ledger)
        again = source.again(batch.place)
        source.done(again, ())
        source.close()

    assert again.records == ()
    assert read_all(from_, wait=WAIT) == []


@pytest.mark.soak  # for ten seconds nobody else is given what was pulled
def test_what_a_killed_run_had_pulled_is_waited_for(address, subscription, tmp_path):
    file = write_file(tmp_path / "f", [a_record("a")])
    move_all(file, f"{address}&ack-seconds=10", tmp_path / "to")
    with Ledger(tmp_path / "ledger", "move") as ledger:
        given = settings(lease_seconds=10)
        killed = addresses.source(f"pubsub:{subscription}", given, ledger)
        batch = next(iter(killed.batches(None)))

        source = addresses.source(f"pubsub:{subscription}", given, ledger)
        come = next(iter(source.batches(None)))
        source.close()

    assert come.records == batch.records


def test_a_batch_that_was_not_safe_when_the_run_was_killed_is_not_acknowledged(
    address, subscription, pubsub, tmp_path
):
    move_all(write_file(tmp_path / "f", [a_record("a")]), address, tmp_path / "to")
    with Ledger(tmp_path / "ledger", "move") as ledger:
        killed = addresses.source(f"pubsub:{subscription}", settings(), ledger)
        batch = next(iter(killed.batches(None)))
        ledger.begin(batch.place)
        source = addresses.source(f"pubsub:{subscription}", settings(), ledger)
        source.done(source.again(batch.place), ())
        source.close()

    held = [ack_id for _, ack_id in json.loads(batch.place)]
    back = {"ackIds": held, "ackDeadlineSeconds": 0}
    pubsub.call("POST", f"{subscription}:modifyAckDeadline", back)
    assert [each.name for each in read_all(f"pubsub:{subscription}", wait=WAIT)] == ["a"]


def test_what_the_target_refused_stays_in_the_subscription(address, subscription, tmp_path):
    file = write_file(tmp_path / "f", [a_record("a"), a_record("b")])
    move_all(file, address, tmp_path / "to")
    from_ = f"pubsub:{subscription}"
    with Ledger(tmp_path / "ledger", "move") as ledger:
        source = addresses.source(from_, settings(wait=WAIT), ledger)
        for batch in source.batches(None):
            source.done(batch, {"b"})
        source.close()

    assert [each.name for each in read_all(from_, wait=WAIT)] == ["b"]


def test_a_subscription_can_only_be_drained(address, subscription, target):
    with pytest.raises(MoveError, match="can only be drained"):
        addresses.source(f"pubsub:{subscription}", settings(mode="copy"), None)


def test_a_hold_that_pubsub_does_not_take_is_refused(target, subscription):
    with pytest.raises(MoveError, match="held from 10 to 600 seconds, and not 5"):
        addresses.source(f"pubsub:{subscription}", settings(lease_seconds=5), None)


def test_a_subscription_that_pushes_is_refused(target, topic, subscription, pubsub):
    push = {"topic": topic, "pushConfig": {"pushEndpoint": "http://127.0.0.1:1/"}}
    pubsub.call("PUT", f"{subscription}-push", push)

    with pytest.raises(MoveError, match="pushes: nothing can be pulled"):
        addresses.source(f"pubsub:{subscription}-push", settings(), None)


def test_without_credentials_there_is_an_error(monkeypatch, tmp_path: Path):
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))

    with pytest.raises(MoveError, match=r"Pub/Sub: .*none\.json was not found"):
        addresses.target("pubsub:projects/p/topics/mail", settings())
