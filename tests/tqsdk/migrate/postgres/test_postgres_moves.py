"""Tasks move to a table of PostgreSQL and back, and are the same ones."""

from __future__ import annotations

import sys

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
from tqsdk.migrate.moving.model import STORED, THERE, MoveError, refused
from tqsdk.migrate.postgres.database import Place
from tqsdk.migrate.postgres.queue import PostgresQueue


@pytest.fixture
def target(database):
    target = addresses.target(database, settings())
    target.resume(None)
    yield target
    target.close()


def test_all_that_is_known_of_a_task_goes_there_and_comes_back(database, tmp_path):
    records = list(many_records(2_500))
    file = write_file(tmp_path / "tasks.jsonl", records)

    tally = move_all(file, database, tmp_path / "to")

    assert (tally.stored, tally.there, tally.refused) == (2_500, 0, 0)
    assert read_all(database) == records
    move_all(database, f"file:{tmp_path / 'back.jsonl'}", tmp_path / "back", batch=999)
    assert read_all(f"file:{tmp_path / 'back.jsonl'}") == records


def test_what_was_moved_can_be_leased_in_the_order_it_had(database, connection, tmp_path):
    records = [a_record("b"), a_record("a"), a_record("c", eta=BEGIN - 1, retry_count=2)]
    move_all(write_file(tmp_path / "tasks.jsonl", records), database, tmp_path / "ledger")

    leased = PostgresQueue(connection, "mail").lease(9, 60)

    assert [(each.name, each.retry_count) for each in leased] == [("c", 3), ("a", 1), ("b", 1)]


def test_a_batch_that_is_put_twice_is_there_once(target, database):
    records = [a_record("a"), a_record("b")]

    assert target.put(records, again=False) == [STORED, STORED]
    assert target.put([*records, a_record("c")], again=True) == [THERE, THERE, STORED]
    assert len(read_all(database)) == 3


def test_a_name_that_comes_twice_in_a_batch_is_stored_once(target):
    assert target.put([a_record("a"), a_record("a")], again=False) == [STORED, THERE]


def test_a_task_that_was_done_meanwhile_does_not_come_back(target, connection):
    target.put([a_record("a")], again=False)
    PostgresQueue(connection, "mail").delete("a")

    assert target.put([a_record("a")], again=True) == [THERE]
    assert PostgresQueue(connection, "mail").lease(1, 60) == []


def test_a_name_that_is_free_again_is_taken_by_the_record(target, connection, database, pass_time):
    target.put([a_record("a")], again=False)
    PostgresQueue(connection, "mail").delete("a")
    pass_time(8 * 86_400)

    assert target.put([a_record("a", payload=b"new")], again=False) == [STORED]
    assert [each.payload for each in read_all(database)] == [b"new"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (a_record("a", tag="x\0y"), "its tag has a NUL, which no text of PostgreSQL may have"),
        (a_record("a", eta=10**18), "its ETA is beyond the year 9999"),
    ],
)
def test_what_no_row_can_have_is_refused(record, reason, target):
    assert target.refusal(record) == reason
    assert target.put([record, a_record("b")], again=False) == [refused(reason), STORED]


def test_a_record_without_times_is_due_now(target, connection):
    target.put([a_record("a", eta=None, enqueued_at=None)], again=False)

    assert len(PostgresQueue(connection, "mail").lease(1, 60)) == 1


def test_each_record_keeps_its_queue_or_all_go_to_the_one_that_is_named(database, tmp_path):
    records = [a_record("a"), a_record("b", queue="other")]
    file = write_file(tmp_path / "tasks.jsonl", records)

    move_all(file, database, tmp_path / "each")
    move_all(file, f"{database}#all%20of%20it", tmp_path / "one")

    assert [(each.queue, each.name) for each in read_all(database)] == [
        ("all of it", "a"),
        ("all of it", "b"),
        ("mail", "a"),
        ("other", "b"),
    ]
    assert [each.name for each in read_all(f"{database}#other")] == ["b"]


def test_two_projects_do_not_share_a_queue(target, database):
    target.put([a_record("a")], again=False)

    with pytest.raises(MoveError, match="has tasks of project 'my-app', and these are of 'other'"):
        target.put([a_record("b", project="other")], again=False)
    assert len(read_all(database)) == 1


def test_draining_deletes_what_has_moved_but_not_what_a_worker_took(database, connection, tmp_path):
    file = write_file(tmp_path / "tasks.jsonl", list(many_records(30)))
    move_all(file, database, tmp_path / "to")
    source = addresses.source(database, settings(mode="drain", batch=10), None)
    batches = source.batches(None)

    first = next(batches)
    (taken,) = PostgresQueue(connection, "mail").lease(1, 60)
    source.done(first, {first.records[1].name})

    assert taken.name == first.records[0].name
    assert [each.name for each in read_all(database)][:3] == [
        first.records[0].name,
        first.records[1].name,
        "task-000010",
    ]
    assert "22 tasks are in the table still, 1 of them leased" in source.finish()
    source.close()


def test_a_batch_is_given_again_by_its_place(database, tmp_path):
    file = write_file(tmp_path / "tasks.jsonl", list(many_records(30)))
    move_all(file, database, tmp_path / "to")
    source = addresses.source(database, settings(batch=10), None)
    batches = list(source.batches(None))

    assert [len(each.records) for each in batches] == [10, 10, 10]
    assert source.again(batches[1].place) == batches[1]
    assert list(source.batches(batches[1].place)) == batches[2:]
    assert source.total() == 30
    assert len(list(source.preview())) == 30
    with pytest.raises(MoveError, match="no place in a table"):
        source.again("17+4")
    source.close()


def test_batches_of_large_payloads_are_short(database, target):
    for number in range(3):
        target.put(
            [a_record(f"{number}-{n}", payload=bytes(1 << 20)) for n in range(3)], again=True
        )

    source = addresses.source(database, settings(), None)
    counts = [len(each.records) for each in source.batches(None)]
    source.close()

    assert counts == [4, 4, 1]


def test_a_role_that_may_use_the_tables_need_not_make_them(database, connection, target):
    schema = database.rpartition("%3D")[2]
    connection.execute(f"CREATE ROLE writer_{schema} LOGIN")
    connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO writer_{schema}")
    connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO writer_{schema}")
    theirs = addresses.target(database.replace("test@", f"writer_{schema}@"), settings())

    theirs.resume(None)

    assert theirs.put([a_record("a")], again=False) == [STORED]
    theirs.close()


def test_an_error_of_the_database_is_told_in_a_line(database):
    with pytest.raises(MoveError, match=r"PostgreSQL: .*nowhere.* does not exist$"):
        addresses.target(database.replace("/postgres?", "/nowhere?"), settings())
    with pytest.raises(MoveError, match=r"relation .taskqueue_queues. does not exist"):
        addresses.source(database, settings(), None)


def test_a_password_is_not_shown():
    assert "secret" not in repr(Place.of("postgresql://me:secret@localhost/db"))


def test_reading_sees_one_instant(database, connection, target):
    target.put([a_record(f"{n:04}") for n in range(1200)], again=False)
    with addresses.reading(database, settings()) as records:
        first = next(records)
        connection.execute("DELETE FROM taskqueue_tasks")

        assert len([first, *records]) == 1200


def test_a_library_that_is_missing_is_named(database, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name in [each for each in sys.modules if "migrate.postgres" in each]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(MoveError, match=r"pip install 'taskqueue-sdk\[postgres\]'"):
        addresses.target(database, settings())
