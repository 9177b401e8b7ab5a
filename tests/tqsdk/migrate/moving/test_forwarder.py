"""The forwarder, over a source and a target in memory; it is stopped by the clock."""

from __future__ import annotations

import pytest

from tests.tqsdk.migrate.moving.records import Kept, Listed, a_record
from tqsdk import ConnectError
from tqsdk.migrate.moving import leases
from tqsdk.migrate.moving.dead_letters import DeadLetters
from tqsdk.migrate.moving.files import opened
from tqsdk.migrate.moving.forwarder import Forwarder, Holding, Times
from tqsdk.migrate.moving.ledger import Ledger, Tally
from tqsdk.migrate.moving.server import Place


class Growing(Listed):
    """A source that is asked again and again; what is held longer is remembered."""

    def __init__(self, *names, batch=2):
        super().__init__(*names, batch=batch)
        self.held = []

    def hold(self, batch):
        self.held.append(batch.place)


class Run:
    """A forwarder with what it tells; it stops when *seconds* have passed."""

    def __init__(self, source, target, folder, clock, *, seconds=1, **times):
        self.notes = []
        self.states = []
        self.letters = folder / "dead.jsonl"
        until = clock.monotonic() + seconds
        with Ledger(folder / "ledger", "a to b") as ledger:
            self.tally = Forwarder(
                source,
                target,
                ledger,
                DeadLetters(self.letters, clock=clock),
                clock=clock,
                times=Times(**times),
                wants_stop=lambda: clock.monotonic() >= until,
                note=self.notes.append,
                report=self.states.append,
            ).run()


@pytest.fixture
def forwarded(folder, clock):
    def run(source, target, **more):
        return Run(source, target, folder, clock, **more)

    return run


def put_names(target):
    return [names for names, _ in target.puts]


def test_all_that_is_there_is_forwarded_and_then_what_comes(forwarded, clock):
    source, target = Growing("a", "b", "c"), Kept()
    sleep = clock.sleep

    def sleep_while_tasks_come(seconds):
        sleep(seconds)
        if clock.monotonic() == 5:
            source.records.append(a_record("d"))

    clock.sleep = sleep_while_tasks_come

    done = forwarded(source, target, seconds=20, poll=5.0)

    assert put_names(target) == [["a", "b"], ["c"], ["d"]]
    assert source.told == [("a b", set()), ("c", set()), ("d", set())]
    assert done.tally == Tally(stored=4)


def test_what_fails_is_tried_again_less_and_less_often(forwarded, clock):
    source, target = Growing("a"), Kept()
    target.failure = ConnectError("refused")

    done = forwarded(source, target, seconds=40)

    assert source.told == []
    [note] = done.notes
    assert note.startswith("trying again: refused")
    assert done.states[-1].failures == 6  # after 0, 1, 3, 7, 15 and 31 seconds
    assert done.states[-1].trouble in note


def test_leases_are_renewed_while_the_target_is_away(forwarded):
    source, target = Growing("a", "b"), Kept()
    target.failure = ConnectError("refused")

    forwarded(source, target, seconds=65, hold=60.0)

    assert source.held == ["a b"] * 3


def test_a_run_that_was_stopped_is_taken_up_and_says_so_to_the_target(forwarded):
    source, target = Growing("a", "b", "c"), Kept()
    target.failure = ConnectError("refused")
    forwarded(source, target)
    target.failure = None

    done = forwarded(source, target)

    assert target.puts == [(["a", "b"], True), (["c"], False)]
    assert done.tally == Tally(stored=3)


def test_what_was_put_before_a_kill_is_only_deleted(forwarded):
    source, target = Growing("a"), Kept()

    def fails(batch, refused):
        raise ConnectError("refused")

    done, source.done = source.done, fails
    forwarded(source, target)
    source.done = done

    forwarded(source, target)

    assert put_names(target) == [["a"]]
    assert source.told == [("a", set())]


def test_what_is_refused_goes_to_the_dead_letters_and_is_deleted(forwarded):
    source, target = Growing("a", "b", "c"), Kept(refusing=["b"])

    done = forwarded(source, target)

    assert source.told == [("a b", set()), ("c", set())]
    assert done.tally == Tally(stored=2, refused=1)
    assert done.notes == ["b: refused, now in " + f"{done.letters}: not this one"]
    with opened(done.letters) as records:
        assert list(records) == [a_record("b")]


def test_dead_letters_grow_and_a_line_that_was_cut_off_is_taken_away(folder, clock):
    letters = DeadLetters(folder / "dead.jsonl", clock=clock)
    letters.add([a_record("a")])
    whole = letters.path.read_bytes()
    letters.add([a_record("b", payload=b"x" * 3_000_000)])

    letters.path.write_bytes(letters.path.read_bytes()[:-1])
    letters.add([a_record("c")])

    with opened(letters.path) as records:
        assert [record.name for record in records] == ["a", "c"]
    assert letters.path.read_bytes().startswith(whole)


@pytest.mark.parametrize("size", [0, 1, 20])
def test_dead_letters_begin_anew_if_not_even_the_first_line_is_whole(folder, clock, size):
    letters = DeadLetters(folder / "dead.jsonl", clock=clock)
    letters.add([a_record("a")])
    letters.path.write_bytes(letters.path.read_bytes()[:size])

    letters.add([a_record("b")])

    with opened(letters.path) as records:
        assert [record.name for record in records] == ["b"]


def test_it_says_from_time_to_time_how_it_goes(forwarded):
    source, target = Growing("a", "b"), Kept()

    done = forwarded(source, target, seconds=25, poll=1.0, report=10.0)

    assert [state.per_second for state in done.states] == [0.2, 0.0, 0.0]
    assert {state.tally for state in done.states} == {Tally(stored=2)}


@pytest.fixture
def draining(tq, queue, folder):
    """Drains the queue, which has one task, a minute at a time."""
    queue.insert("x", name="a")
    with Ledger(folder / "ledger", "a to b") as ledger:
        source = leases.source(
            "drain",
            Place(queue._client, "q"),
            ledger,
            clock=tq.clock,
            seconds=60,
            batch=10,
            wait=0.0,
            force=False,
            note=print,
        )
        assert isinstance(source, Holding)
        yield source


def test_a_queue_holds_a_batch_for_longer(draining, tq, queue):
    batch = next(draining.batches(None))

    for _ in range(3):
        tq.clock.advance(50)
        draining.hold(batch)

    assert not queue.lease()
    tq.clock.advance(61)
    assert [lease.name for lease in queue.lease()] == ["a"]


def test_a_lease_that_is_lost_is_not_taken_from_whoever_has_the_task_now(draining, tq, queue):
    batch = next(draining.batches(None))
    tq.clock.advance(61)
    [lease] = queue.lease(seconds=60)

    draining.hold(batch)
    lease.renew(60)

    assert lease.seconds_left == 60
