"""What is particular to SQLite: the file, its owner, its schema, and the cost of a statement."""

from __future__ import annotations

import sqlite3
from importlib.resources import files

import pytest

from emulator.engine.clock import ClockState, VirtualClock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.engine.errors import RefusedError, StoreFailedError
from emulator.engine.model import QueueId, Tombstone
from emulator.storage.errors import StoreBusyError, StoreUnusableError
from emulator.storage.sqlite import SqliteSession, open_sqlite, view_sqlite

QUEUE = QueueId("p", "q")
A_CLOCK = ClockState(base=1, own=2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.db"


def reopened(store, path):
    store.close()
    return open_sqlite(path, durability="full")


def test_everything_survives_a_restart(path):
    clock = VirtualClock()
    engine = Engine(clock)
    store = open_sqlite(path, durability="full")
    for name in ("gone", "leased", "waiting"):
        store.run(engine.insert(QUEUE, payload=name.encode(), name=name, tag="t"))
    store.run(engine.delete(QUEUE, "gone"))
    leased = store.run(engine.lease(QUEUE, count=1, seconds=60))
    before = store.run(engine.stats(QUEUE))

    store = reopened(store, path)

    assert store.run(engine.get(QUEUE, "leased")) == leased[0]
    assert store.run(engine.get(QUEUE, "waiting")).payload == b"waiting"
    assert store.run(engine.stats(QUEUE)) == before
    with pytest.raises(RefusedError, match="TOMBSTONED_TASK"):
        store.run(engine.insert(QUEUE, payload=b"", name="gone"))
    store.close()


def test_a_file_of_the_first_version_is_brought_up_to_date(path):
    first = sqlite3.connect(path)
    first.executescript((files("emulator.storage") / "sql" / "0001_tasks.sql").read_text())
    first.executescript(f"PRAGMA application_id = {0x74713031}; PRAGMA user_version = 1;")
    first.close()
    engine = Engine(VirtualClock())

    store = open_sqlite(path, durability="full")

    store.run(engine.insert(QUEUE, payload=b"", name="a"))
    leased = store.run(engine.lease(QUEUE, count=1, seconds=60, attempt="i"))
    assert store.run(engine.lease(QUEUE, count=1, seconds=60, attempt="i")) == leased
    store.close()


def test_a_first_unit_is_done_before_the_store_is_open_to_others(path):
    open_sqlite(path, durability="full", first=lambda tx: tx.set_clock(A_CLOCK)).close()

    store = open_sqlite(path, durability="full")

    assert store.run(lambda tx: tx.clock()) == A_CLOCK
    store.close()


def test_a_first_unit_that_fails_leaves_the_file_as_it_was_and_free(path):
    def fail(tx):
        tx.set_clock(A_CLOCK)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_sqlite(path, durability="full", first=fail)

    store = open_sqlite(path, durability="full")
    assert store.run(lambda tx: tx.clock()) is None
    store.close()


def test_a_file_has_one_owner_until_it_is_closed(path):
    first = open_sqlite(path, durability="full")

    with pytest.raises(StoreBusyError, match="another process"):
        open_sqlite(path, durability="full")

    reopened(first, path).close()


def test_a_newer_schema_is_left_alone(path):
    open_sqlite(path, durability="full").close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 999")
    newer.close()

    with pytest.raises(StoreUnusableError, match=r"schema 999.*upgrade"):
        open_sqlite(path, durability="full")


def test_a_database_of_another_program_is_left_alone(path):
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE precious (id INTEGER)")
    other.close()

    with pytest.raises(StoreUnusableError, match="another program"):
        open_sqlite(path, durability="full")


def test_a_file_that_is_no_database_is_left_alone(path):
    path.write_bytes(b"dear diary, " * 1000)

    with pytest.raises(StoreUnusableError, match="not a database"):
        open_sqlite(path, durability="full")

    assert path.read_bytes() == b"dear diary, " * 1000


def test_a_failed_opening_frees_the_file(path):
    path.write_bytes(b"dear diary, " * 1000)
    with pytest.raises(StoreUnusableError):
        open_sqlite(path, durability="full")

    path.write_bytes(b"")

    open_sqlite(path, durability="full").close()


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1), ("off", 0)])
def test_durability_is_what_sqlite_is_told(path, durability, level):
    session = SqliteSession(path, durability)
    session.open()

    assert session._connection.execute("PRAGMA synchronous").fetchone() == (level,)
    assert session._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    session.close()


@pytest.fixture
def traced():
    """A session, and the statements that it has run."""
    session = SqliteSession(None, "full")
    tx = session.open()
    statements: list[str] = []
    session._connection.set_trace_callback(statements.append)
    yield session, tx, statements
    session.close()


def test_a_lease_does_not_rewrite_the_payload(traced):
    session, tx, statements = traced
    engine = Engine(VirtualClock())
    engine.insert(QUEUE, payload=b"x" * 10_000, name="a")(tx)
    session.flush()
    statements.clear()

    engine.lease(QUEUE, count=1, seconds=60)(tx)

    writes = [each for each in statements if not each.lstrip().startswith("SELECT")]
    assert len(writes) == 2
    assert not any("payload" in each for each in writes)


@pytest.mark.parametrize(
    ("work", "most"),
    [
        (lambda engine: engine.insert(QUEUE, payload=b"x", name="new"), 1),
        (lambda engine: engine.insert(QUEUE, payload=b"x"), 0),
        (lambda engine: engine.lease(QUEUE, count=1, seconds=60), 3),
        (lambda engine: engine.lease(QUEUE, count=1, seconds=60, attempt="i"), 6),
        (lambda engine: engine.delete(QUEUE, "a"), 3),
        (lambda engine: engine.get(QUEUE, "a"), 2),
    ],
    ids=["insert", "insert without a name", "lease", "lease with an id", "delete", "get"],
)
def test_an_operation_takes_few_statements(traced, work, most):
    session, tx, statements = traced
    engine = Engine(VirtualClock())
    for name in "ab":
        engine.insert(QUEUE, payload=b"x", name=name)(tx)
    session.flush()
    session.begin()
    statements.clear()

    work(engine)(tx)

    assert len(statements) <= most, statements
    session.rollback()


def test_a_batch_of_inserts_takes_as_few_statements_as_one(traced):
    session, tx, statements = traced
    engine = Engine(VirtualClock())
    engine.insert(QUEUE, payload=b"x")(tx)
    session.flush()
    statements.clear()

    session.begin()
    for _ in range(60):
        engine.insert(QUEUE, payload=b"x")(tx)
    session.flush()
    session.commit()

    verbs = [each.split()[0] for each in statements]
    assert verbs == ["BEGIN", "INSERT", "INSERT", "UPDATE", "COMMIT"]


@pytest.mark.parametrize("queue", [QUEUE, None], ids=["a queue", "everything"])
def test_a_wipe_leaves_no_row_of_what_it_took(traced, queue):
    session, tx, _ = traced
    engine = Engine(VirtualClock())
    for name in ("a", "buried", "leased"):
        engine.insert(QUEUE, payload=b"x", name=name)(tx)
    engine.delete(QUEUE, "buried")(tx)
    engine.lease(QUEUE, count=1, seconds=60, attempt="i")(tx)
    session.flush()

    tx.wipe(queue)
    session.flush()

    tables = [
        row[0]
        for row in session._connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
        )
    ]
    rows = {
        each: session._connection.execute(f"SELECT * FROM {each}").fetchall() for each in tables
    }
    assert len(tables) >= 5
    assert all(each == [] for each in rows.values()), rows


@pytest.mark.parametrize(
    ("move", "more"),
    [
        (lambda clock: clock.read, []),
        (lambda clock: clock.freeze(), []),
        (lambda clock: clock.advance(60), ["UPDATE clock"]),
    ],
    ids=["untouched", "frozen", "advanced"],
)
def test_a_controlled_clock_takes_at_most_one_statement_a_batch(traced, move, more):
    session, tx, statements = traced
    clock = ControlledClock(VirtualClock())
    engine = Engine(clock)
    session.begin()
    engine.insert(QUEUE, payload=b"")(tx)
    move(clock)(tx)
    session.flush()
    session.commit()
    statements.clear()

    session.begin()
    for _ in range(60):
        engine.insert(QUEUE, payload=b"")(tx)
    session.flush()
    session.commit()

    words = [" ".join(each.split()[:2]) for each in statements if each != "COMMIT"]
    assert words == ["BEGIN IMMEDIATE", "INSERT INTO", "UPDATE queue", *more]


@pytest.mark.parametrize(
    "verb",
    [
        lambda tx: list(tx.available(QUEUE, now=10**18)),
        lambda tx: list(tx.available(QUEUE, now=10**18, tag="t")),
        lambda tx: tx.next_eta(QUEUE, after=0),
        lambda tx: tx.next_eta(QUEUE, after=0, tag="t"),
        lambda tx: tx.first(QUEUE, limit=100),
        lambda tx: tx.find(QUEUE, "a"),
        lambda tx: tx.sweep(now=10**18, limit=2),
        lambda tx: tx.attempt(QUEUE, "i"),
        lambda tx: tx.forget_attempts(now=10**18, limit=2),
        lambda tx: tx.count(QUEUE),
        lambda tx: tx.leases_between(QUEUE, 0, 9),
        lambda tx: tx.queues("p"),
        lambda tx: tx.look(QUEUE, after="a", limit=100),
        lambda tx: tx.wipe(QUEUE),
        lambda tx: tx.lease_counts(QUEUE),
        lambda tx: list(tx.attempts(QUEUE)),
    ],
)
def test_no_read_scans_a_table_or_sorts(traced, verb):
    session, tx, statements = traced
    engine = Engine(VirtualClock())
    for name in ("a", "buried"):
        engine.insert(QUEUE, payload=b"x", name=name, tag="t")(tx)
    engine.delete(QUEUE, "buried")(tx)
    statements.clear()

    verb(tx)

    assert statements
    for statement in statements:
        plan = [row[3] for row in session._connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert not [step for step in plan if "B-TREE" in step], plan
        assert not [step for step in plan if step.startswith("SCAN") and "INDEX" not in step], plan


def test_a_view_of_memory_does_not_disturb_the_batch_that_it_is_taken_in(traced):
    session, tx, _ = traced
    engine = Engine(VirtualClock())
    session.begin()
    engine.insert(QUEUE, payload=b"x", name="a")(tx)
    engine.lease(QUEUE, count=1, seconds=60)(tx)

    with session.view(lambda work: work(tx)) as view:
        engine.insert(QUEUE, payload=b"x", name="b")(tx)
        engine.lease(QUEUE, count=1, seconds=60)(tx)
        session.flush()
        session.commit()
        seen = len(view.look(QUEUE, after="", limit=9)), view.lease_counts(QUEUE)[0][1]

    assert seen == (1, 1)
    assert (tx.count(QUEUE), tx.lease_counts(QUEUE)[0][1]) == (2, 2)


def test_a_store_is_viewed_while_another_has_it_and_after(path):
    store = open_sqlite(path, durability="full")
    store.run(lambda tx: tx.put_tombstone(QUEUE, Tombstone("a", 1)))

    with view_sqlite(path) as view:
        assert view.queues() == [QUEUE]
    store.close()
    with view_sqlite(path) as view:
        assert view.queues() == [QUEUE]


def test_a_file_with_odd_characters_in_its_name_is_viewed(tmp_path):
    path = tmp_path / "a?b%20#c.db"
    open_sqlite(path, durability="full").close()

    with view_sqlite(path) as view:
        assert view.queues() == []


def test_a_view_changes_nothing(path):
    open_sqlite(path, durability="full").close()

    with pytest.raises(StoreUnusableError, match="readonly"), view_sqlite(path) as view:
        view.wipe()


def test_a_view_leaves_no_file_behind(path):
    open_sqlite(path, durability="full").close()
    before = sorted(path.parent.iterdir())

    with view_sqlite(path):
        pass

    assert sorted(path.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("PRAGMA user_version = 999", "upgrade taskqueue-sdk"),
        ("PRAGMA user_version = 1", "serve it once"),
        ("PRAGMA application_id = 7", "another program"),
    ],
)
def test_only_a_store_of_today_is_viewed(path, statement, words):
    open_sqlite(path, durability="full").close()
    other = sqlite3.connect(path)
    other.execute(statement)
    other.close()

    with pytest.raises(StoreUnusableError, match=words), view_sqlite(path):
        pass


def test_what_is_no_store_is_not_viewed(path):
    with pytest.raises(StoreUnusableError, match="there is no store in"), view_sqlite(path):
        pass
    path.write_bytes(b"dear diary, " * 1000)
    with pytest.raises(StoreUnusableError, match="not a database"), view_sqlite(path):
        pass


def test_a_view_that_cannot_be_had_is_a_failed_store(path):
    store = open_sqlite(path, durability="full")
    path.rename(path.with_name("elsewhere"))

    with pytest.raises(StoreFailedError, match="there is no store"), store.view():
        pass

    path.with_name("elsewhere").rename(path)
    store.close()
