"""What a store holds as lines, and lines put into a store: exactly, wholly, or not at all."""

from __future__ import annotations

import io

import pytest

from discovery import jsonl
from discovery.jsonl import AttemptLine, ClockLine, Header, LeasesLine, TaskLine, TombstoneLine
from emulator.engine.clock import ClockState, VirtualClock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.engine.errors import StoreFailedError
from emulator.engine.model import QueueId, Tombstone
from emulator.exports.lines import Restored, check, merging, replacing, spelled
from emulator.storage.sqlite import open_sqlite
from tests.emulator.storage.looped import Looped
from tests.emulator.storage.plain_store import PlainStore

QUEUE = QueueId("my-app", "mail")
OTHER = QueueId("my-app", "Other")
SECOND = 1_000_000


@pytest.fixture(params=["memory", "file", "loop", "plain"])
def store(request, tmp_path):
    opened = {
        "memory": lambda: open_sqlite(None, durability="off"),
        "file": lambda: open_sqlite(tmp_path / "t.db", durability="off"),
        "loop": lambda: Looped(lambda loop: open_sqlite(None, durability="off", loop=loop)),
        "plain": PlainStore,
    }[request.param]()
    yield opened
    opened.close()


@pytest.fixture
def empty():
    opened = open_sqlite(None, durability="off")
    yield opened
    opened.close()


@pytest.fixture
def machine():
    return VirtualClock()


def fill(store, machine):
    """Tasks in every state, tombstones, leases in two seconds, an attempt, a clock of its own."""
    clock = ControlledClock(machine)
    engine = Engine(clock)
    store.run(clock.advance(5 * SECOND))
    for queue in (QUEUE, OTHER):
        for name in ("waiting", "leased", "again", "deleted", "Z"):
            store.run(engine.insert(queue, payload=name.encode() * 9, name=name, tag="blå"))
        store.run(engine.insert(queue, payload=b"", eta=machine.now() + 90 * SECOND))
        store.run(engine.delete(queue, "deleted"))
        store.run(engine.lease(queue, count=1, seconds=0))
        machine.advance(1.5)
        store.run(engine.lease(queue, count=2, seconds=60, attempt="call-1"))
    return engine


def exported(store, machine) -> bytes:
    with store.view() as view:
        return b"".join(spelled(view, machine=machine))


def lines_in(content: bytes) -> list:
    return list(jsonl.read(io.BytesIO(content))[1])


def source_of(content: bytes):
    return lambda: io.BytesIO(content)


def by_hand(*lines, **header) -> bytes:
    return b"".join(jsonl.write(Header(**header), lines))


def a_task(name="a", **fields) -> TaskLine:
    return TaskLine(
        **{"project": "my-app", "queue": "mail", "payload": b"x", "name": name} | fields
    )


def test_an_export_has_everything(store, machine):
    fill(store, machine)

    lines = lines_in(exported(store, machine))

    kinds = [type(line) for line in lines]
    assert kinds.count(TaskLine) == 10
    assert kinds.count(TombstoneLine) == 2
    assert kinds.count(LeasesLine) == 4
    assert kinds.count(AttemptLine) == 2
    assert lines[0] == ClockLine(own=machine.now() + 5 * SECOND)


def test_what_was_exported_comes_back_exactly(store, machine, empty):
    engine = fill(store, machine)
    content = exported(store, machine)
    empty.run(engine.insert(QUEUE, payload=b"old", name="old"))

    restored = empty.run(replacing(source_of(content), machine=machine))

    assert restored == Restored(10, 2, 0)
    assert exported(empty, machine) == content
    for queue in (QUEUE, OTHER):
        again, first = (each.run(engine.stats(queue)) for each in (empty, store))
        assert again == first
        call = engine.lease(queue, count=2, seconds=60, attempt="call-1")
        assert empty.run(call) == store.run(call) != []


def test_a_store_takes_an_import_as_any_does(store, machine, empty):
    fill(empty, machine)
    content = exported(empty, machine)

    store.run(replacing(source_of(content), machine=machine))

    assert exported(store, machine) == content


def test_an_export_is_in_order_whatever_the_order_of_inserts(store, machine):
    fill(store, machine)

    header, lines = jsonl.read(io.BytesIO(exported(store, machine)))

    assert header.ordered
    assert [line.queue for line in lines if isinstance(line, TombstoneLine)] == ["Other", "mail"]


def test_an_import_twice_is_one(store, machine):
    content = by_hand(a_task("a"), a_task("b"))

    for _ in range(2):
        assert store.run(replacing(source_of(content), machine=machine)) == Restored(2, 0, 0)

    assert store.run(lambda tx: tx.count(QUEUE)) == 2


def test_what_a_line_does_not_say_is_of_the_time_of_the_import(store, machine):
    machine.advance(0.7)
    store.run(replacing(source_of(by_hand(a_task(None))), machine=machine))

    [task] = store.run(lambda tx: tx.first(QUEUE, limit=9))

    assert len(task.name) == 16
    assert task.eta == machine.now()
    assert task.enqueued_at == machine.now() - 700_000
    assert (task.eta_given, task.retry_count, task.tag) == (False, 0, "")


def test_a_clock_goes_on_from_where_it_was(empty, machine):
    clock = ClockLine(own=7 * SECOND, factor=2.0, auto_jump=3)
    machine.advance(1_000)

    empty.run(replacing(source_of(by_hand(clock, a_task())), machine=machine))

    assert empty.run(lambda tx: tx.clock()) == ClockState(
        base=machine.now(), own=7 * SECOND, factor=2.0, auto_jump=3
    )
    assert empty.run(lambda tx: tx.find(QUEUE, "a")).eta == 7 * SECOND
    machine.advance(1)
    assert lines_in(exported(empty, machine))[0] == ClockLine(
        own=9 * SECOND, factor=2.0, auto_jump=3
    )


def test_an_import_without_a_clock_takes_the_clock_away(empty, machine):
    empty.run(lambda tx: tx.set_clock(ClockState(base=1, own=2)))

    empty.run(replacing(source_of(by_hand(a_task())), machine=machine))

    assert empty.run(lambda tx: tx.clock()) is None


def test_a_merge_adds_what_is_not_there_and_leaves_what_is(store, machine):
    store.run(replacing(source_of(by_hand(a_task("a"), a_task("b"))), machine=machine))
    store.run(lambda tx: tx.bury(QUEUE, "b", until=machine.now() + 1))
    more = by_hand(
        ClockLine(own=5),
        a_task("a", payload=b"other"),
        a_task("b", payload=b"other"),
        a_task("c"),
        TombstoneLine(project="my-app", queue="mail", name="d", until=9),
    )

    assert store.run(merging(source_of(more), machine=machine)) == Restored(1, 1, 2)

    found = [store.run(lambda tx, n=n: tx.find(QUEUE, n, with_payload=True)) for n in "abcd"]
    assert [getattr(each, "payload", each) for each in found] == [
        b"x",
        Tombstone("b", machine.now() + 1),
        b"x",
        Tombstone("d", 9),
    ]
    assert store.run(lambda tx: tx.clock()) is None


def test_a_merge_takes_the_name_of_a_tombstone_whose_time_is_over(store, machine):
    store.run(lambda tx: tx.put_tombstone(QUEUE, Tombstone("a", machine.now())))

    assert store.run(merging(source_of(by_hand(a_task())), machine=machine)) == Restored(1, 0, 0)


def test_a_merge_of_what_is_there_changes_nothing(store, machine):
    fill(store, machine)
    content = exported(store, machine)

    assert store.run(merging(source_of(content), machine=machine)) == Restored(0, 0, 12)

    assert exported(store, machine) == content


def test_a_merge_into_nothing_brings_all_but_the_clock(store, machine, empty):
    fill(store, machine)
    lines = lines_in(exported(store, machine))

    empty.run(merging(source_of(exported(store, machine)), machine=machine))

    assert lines_in(exported(empty, machine)) == lines[1:]


def test_a_bad_file_is_found_before_the_store_is_touched(machine):
    content = by_hand(a_task("a"), a_task("b"))

    assert check(source_of(content)).trailer
    with pytest.raises(jsonl.JsonlError, match="line 4"):
        check(source_of(content.replace(b'"b"', b'"c"')))


@pytest.mark.parametrize("put", [replacing, merging])
def test_a_file_that_turns_bad_after_it_was_checked_changes_nothing(store, machine, put, caplog):
    store.run(replacing(source_of(by_hand(a_task("a"))), machine=machine))
    before = exported(store, machine)
    content = by_hand(a_task("b"), a_task("c"))

    with pytest.raises(StoreFailedError):
        store.run(put(source_of(content[:-5]), machine=machine))

    assert exported(store, machine) == before


def test_an_export_while_units_go_on_is_of_one_instant(store, machine):
    """Each unit moves a task from one queue to the other, so that one of them has it, always."""
    engine = Engine(machine)
    store.run(engine.insert(QUEUE, payload=b"x" * 100, name="ball"))

    def move(whence, whither):
        def work(tx):
            tx.bury(whence, "ball", until=None)
            tx.put(whither, _moved)

        return work

    _moved = store.run(lambda tx: tx.find(QUEUE, "ball", with_payload=True))
    for _ in range(5):
        with store.view() as view:
            lines = spelled(view, machine=machine)
            seen = [next(lines)]
            store.run(move(QUEUE, OTHER))
            seen += [next(lines)]
            store.run(move(OTHER, QUEUE))
            seen += lines
        assert [type(line) for line in lines_in(b"".join(seen))] == [TaskLine]
