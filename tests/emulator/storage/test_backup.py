"""A copy of a store's file while a server goes on with it."""

from __future__ import annotations

import sqlite3

import pytest

from emulator.engine.model import QueueId, Task
from emulator.storage import backup
from emulator.storage.backup import back_up
from emulator.storage.errors import StoreUnusableError
from emulator.storage.sqlite import open_sqlite, view_sqlite

QUEUE = QueueId("p", "q")


def a_task(name):
    return Task(name, b"x" * 5_000, "", 0, 1, False, 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.db"


@pytest.fixture
def store(path):
    opened = open_sqlite(path, durability="full")
    for number in range(20):
        opened.run(lambda tx, number=number: tx.put(QUEUE, a_task(f"{number:02}")))
    yield opened
    opened.close()


def names_in(path):
    with view_sqlite(path) as view:
        return [each.held.name for each in view.look(QUEUE, after="", limit=1_000)]


def test_a_backup_is_a_store_with_all_that_was_acknowledged(store, path, tmp_path):
    target = tmp_path / "backup.db"

    back_up(path, target, report=lambda done, total: None)

    assert names_in(target) == [f"{number:02}" for number in range(20)]
    opened = open_sqlite(target, durability="full")
    assert opened.run(lambda tx: tx.count(QUEUE)) == 20
    opened.close()
    assert sqlite3.connect(target).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_while_the_store_is_written_is_of_one_instant(store, path, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "_PAGES_AT_ONCE", 2)
    reports = []

    def write_more(done, total):
        reports.append((done, total))
        store.run(lambda tx: tx.bury(QUEUE, f"{len(reports):02}", until=None))
        store.run(lambda tx: tx.put(QUEUE, a_task(f"new-{len(reports)}")))

    def write_some(done, total):
        if len(reports) < 15:
            write_more(done, total)

    back_up(path, tmp_path / "backup.db", report=write_some)

    assert len(reports) == 15
    assert names_in(tmp_path / "backup.db") == [f"{number:02}" for number in range(20)]


def test_a_backup_takes_the_place_of_the_one_before_and_leaves_nothing_else(store, path, tmp_path):
    before = {each.name for each in tmp_path.iterdir()}

    for _ in range(2):
        back_up(path, tmp_path / "backup.db", report=lambda done, total: None)

    assert {each.name for each in tmp_path.iterdir()} - before == {"backup.db"}


def test_a_backup_that_fails_leaves_the_one_before(store, path, tmp_path):
    target = tmp_path / "backup.db"
    target.write_bytes(b"the one before")

    def fail(done, total):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        back_up(path, target, report=fail)

    assert target.read_bytes() == b"the one before"
    assert list(tmp_path.glob("*.tmp")) == list(tmp_path.glob(".*.tmp")) == []


def test_a_store_that_is_in_use_is_not_written_over(store, path, tmp_path):
    other = open_sqlite(tmp_path / "other.db", durability="full")
    other.run(lambda tx: tx.put(QUEUE, a_task("precious")))

    with pytest.raises(StoreUnusableError, match="is in use, or was not closed"):
        back_up(path, tmp_path / "other.db", report=lambda done, total: None)

    assert other.run(lambda tx: tx.count(QUEUE)) == 1
    other.close()


def test_there_is_no_backup_of_what_is_no_store(tmp_path):
    with pytest.raises(StoreUnusableError, match="there is no store"):
        back_up(tmp_path / "t.db", tmp_path / "backup.db", report=lambda done, total: None)

    assert list(tmp_path.iterdir()) == []
