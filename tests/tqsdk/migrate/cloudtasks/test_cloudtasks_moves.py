"""Tasks move to the emulator of Cloud Tasks and back, and are the same ones."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

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
from tqsdk.migrate.moving.model import STORED, THERE, MoveError, refused

URL = "https://worker.example/tasks"


def in_days(days: float) -> int:
    """Microseconds since 1970."""
    return round((datetime.now(UTC) + timedelta(days=days)).timestamp() * 1_000_000)


@pytest.fixture
def open_target(queue):
    opened = []

    def open_target(**options):
        more = "".join(f"&{name.replace('_', '-')}={value}" for name, value in options.items())
        opened.append(addresses.target(f"cloudtasks:{queue}?url={URL}{more}", settings()))
        opened[-1].resume(None)
        return opened[-1]

    yield open_target
    for each in opened:
        each.close()


def test_all_that_is_known_of_a_task_goes_there_and_comes_back(queue, tmp_path):
    records = list(many_records(400))
    file = write_file(tmp_path / "tasks.jsonl", records)

    tally = move_all(file, f"cloudtasks:{queue}?url={URL}", tmp_path / "to")

    assert (tally.stored, tally.there, tally.refused) == (400, 0, 0)
    assert read_all(f"cloudtasks:{queue}") == records
    back = f"file:{tmp_path / 'back.jsonl'}"
    move_all(f"cloudtasks:{queue}", back, tmp_path / "back", batch=99)
    assert read_all(back) == records
    assert read_all(f"cloudtasks:{queue}") == []


def test_a_task_is_a_request_with_headers(open_target, cloudtasks, queue):
    later = in_days(1)
    target = open_target(oidc="worker@my-app.iam.gserviceaccount.com")

    target.put([a_record("a", payload=b"\xff", tag="r\u00f6d", eta=later)], again=False)

    (task,) = cloudtasks.list_tasks(parent=queue)
    assert task.name == f"{queue}/tasks/a"
    assert (task.http_request.url, task.http_request.body) == (URL, b"\xff")
    assert unquote(task.http_request.headers["X-Tq-Tag"]) == "r\u00f6d"
    assert task.http_request.headers["X-Tq-Eta"] == str(later)
    account = task.http_request.oidc_token.service_account_email
    assert account == "worker@my-app.iam.gserviceaccount.com"
    assert round(task.schedule_time.timestamp() * 1_000_000) == later


def test_a_name_that_is_taken_is_there(open_target, queue):
    target = open_target()
    target.put([a_record("a")], again=False)

    assert target.put([a_record("a"), a_record("b")], again=True) == [THERE, STORED]
    assert [each.name for each in read_all(f"cloudtasks:{queue}")] == ["a", "b"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (a_record("a.b"), "its name is no id of a task"),
        (a_record("a", eta=10**18), "its ETA is beyond the year 9999"),
        (a_record("a", eta=in_days(31)), "its ETA is more than 30 days ahead"),
        (a_record("a", payload=bytes(100_000)), "it is larger than 100,000 bytes"),
    ],
)
def test_what_no_task_can_be_is_refused(record, reason, open_target):
    target = open_target()

    assert target.refusal(record).startswith(reason)
    assert target.put([record], again=False) == [refused(target.refusal(record))]


def test_what_is_just_small_enough_is_taken(open_target):
    target = open_target()
    largest = next(
        record
        for size in range(100_000, 0, -100)
        if target.refusal(record := a_record("a", payload=bytes(size), tag="t" * 500)) is None
    )

    assert len(largest.payload) > 98_000
    assert target.put([largest], again=False) == [STORED]


def test_what_the_service_refuses_is_refused(open_target):
    target = open_target(max_bytes=1_000_000)

    (outcome,) = target.put([a_record("a", payload=bytes(200_000))], again=False)

    assert outcome == refused("Cloud Tasks: the task is too large")


def test_a_large_payload_is_kept_in_a_folder(open_target, cloudtasks, queue, tmp_path):
    large = a_record("large", payload=b"x" * 500_000)
    target = open_target(claim_check=tmp_path)

    assert target.put([large, a_record("small")], again=False) == [STORED, STORED]

    where = {
        task.name.rpartition("/")[2]: task.http_request.headers.get("X-Tq-Payload")
        for task in cloudtasks.list_tasks(parent=queue)
    }
    assert where == {"large": f"file://{tmp_path}/large.payload", "small": None}
    assert (tmp_path / "large.payload").read_bytes() == large.payload
    assert read_all(f"cloudtasks:{queue}") == [large, a_record("small")]


def test_a_large_payload_is_kept_by_a_function(
    open_target, cloudtasks, queue, tmp_path, monkeypatch
):
    (tmp_path / "my_claims.py").write_text(
        "kept = {}\ndef keep(name, payload):\n    kept[name] = payload\n    return f'gs://b/{name}'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    target = open_target(claim_check="python:my_claims:keep")

    target.put([a_record("large", payload=b"x" * 500_000)], again=False)

    assert sys.modules["my_claims"].kept == {"large": b"x" * 500_000}
    (task,) = cloudtasks.list_tasks(parent=queue)
    assert task.http_request.headers["X-Tq-Payload"] == "gs://b/large"
    with pytest.raises(MoveError, match="gs://b/large, which only the program that kept it"):
        read_all(f"cloudtasks:{queue}")


def test_no_more_are_created_than_the_rate_says(queue):
    class Clock:
        seconds = 0.0

        def now(self):
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

        def monotonic(self):
            return self.seconds

        def sleep(self, seconds):
            self.seconds += seconds

    clock = Clock()
    address = f"cloudtasks:{queue}?url={URL}&rate=10"
    target = addresses.target(address, settings(clock=clock))
    for batch in range(3):
        target.put([a_record(f"{batch}-{n}") for n in range(20)], again=False)
    target.close()

    assert clock.seconds == pytest.approx(4)


def test_a_batch_that_was_safe_when_the_run_was_killed_is_only_deleted(
    open_target, queue, tmp_path
):
    open_target().put([a_record("a"), a_record("b")], again=False)
    with Ledger(tmp_path / "ledger", "move") as ledger:
        killed = addresses.source(f"cloudtasks:{queue}", settings(batch=1), ledger)
        batch = next(iter(killed.batches(None)))
        killed.close()
        ledger.begin(batch.place)
        unsafe = addresses.source(f"cloudtasks:{queue}", settings(), ledger)
        unsafe.done(unsafe.again(batch.place), ())
        assert len(read_all(f"cloudtasks:{queue}")) == 2

        ledger.put(batch.records, [STORED], None)
        unsafe.done(unsafe.again(batch.place), ())
        unsafe.close()

    assert [each.name for each in read_all(f"cloudtasks:{queue}")] == ["b"]


def test_what_the_target_refused_stays_in_the_queue(open_target, queue):
    open_target().put([a_record("a"), a_record("b")], again=False)
    source = addresses.source(f"cloudtasks:{queue}", settings(), None)
    assert len(list(source.preview())) == 2
    for batch in source.batches(None):
        source.done(batch, {"b"})
    source.close()

    assert [each.name for each in read_all(f"cloudtasks:{queue}")] == ["b"]


def test_a_queue_that_sends_is_not_drained(cloudtasks, queue):
    cloudtasks.resume_queue(name=queue)

    with pytest.raises(MoveError, match="is sending its tasks: pause it"):
        addresses.source(f"cloudtasks:{queue}", settings(), None)


def test_a_queue_can_only_be_drained(queue):
    with pytest.raises(MoveError, match="can only be drained"):
        addresses.source(f"cloudtasks:{queue}", settings(mode="copy"), None)


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ("", r"say where tasks are to be sent: \?url="),
        ("?url=worker.example", r"say where tasks are to be sent"),
        ("?url=http://a/&rate=0", "rate is '0', and must be a number from 1"),
        ("?url=http://a/&claim-check=/nowhere", "/nowhere is no folder"),
        ("?url=http://a/&claim-check=python:sys:nothing", "is no MODULE:FUNCTION"),
        ("?url=http://a/&claim-check=python:sys:path", "cannot be called"),
        ("?url=http://a/&colour=red", "has no option 'colour'"),
        ("/tasks/a?url=http://a/", "is no name such as projects/PROJECT/locations/REGION"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(end, problem, queue):
    with pytest.raises(MoveError, match=problem):
        addresses.target(f"cloudtasks:{queue}{end}", settings())


def test_an_eta_that_has_passed_is_now(open_target, cloudtasks, queue):
    open_target().put([a_record("a", eta=BEGIN)], again=False)

    (task,) = cloudtasks.list_tasks(parent=queue)
    assert not task.schedule_time
