from __future__ import annotations

import pytest

from tests.tqsdk.migrate.moving.records import Kept, Listed, a_record
from tqsdk.migrate.moving.ledger import Begun, Held, Ledger, Tally
from tqsdk.migrate.moving.model import STORED, THERE, MoveError, refused
from tqsdk.migrate.moving.mover import Pace, move, preview
from tqsdk.testing import VirtualClock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.ledger"


@pytest.fixture
def ledger(path):
    with Ledger(path, "a to b") as ledger:
        yield ledger


def moved(source, target, ledger, *, rate=None, clock=None, most_refused=10):
    steps = []
    pace = Pace(rate, clock or VirtualClock())
    result = move(source, target, ledger, pace=pace, most_refused=most_refused, step=steps.append)
    return result.tally, steps


def test_what_is_written_is_there_when_it_is_opened_again(path):
    with Ledger(path, "a to b") as ledger:
        ledger.begin("first")
        ledger.put([a_record("x"), a_record("y")], [STORED, refused("too large")], "7")

    with Ledger(path, "a to b") as ledger:
        assert ledger.begun() == Begun("first", is_put=True)
        assert (ledger.tally, ledger.mark) == (Tally(stored=1, there=0, refused=1), "7")
        assert list(ledger.refusals()) == [("y", "too large")]
        assert ledger.refused_of([a_record("x"), a_record("y")]) == {"y"}


def test_a_ledger_is_for_one_move_only(path):
    Ledger(path, "a to b").close()

    with pytest.raises(MoveError, match="is the ledger of another move: a to b; give another"):
        Ledger(path, "a to c")


def test_two_runs_cannot_have_one_ledger(path, ledger):
    with pytest.raises(MoveError, match="another run has it"):
        Ledger(path, "a to b")


def test_what_is_no_ledger_is_not_touched(path):
    path.write_bytes(b"letters to my mother " * 100)

    with pytest.raises(MoveError, match="this is no ledger"):
        Ledger(path, "a to b")

    assert path.read_bytes() == b"letters to my mother " * 100


def test_held_tasks_are_given_back_once(ledger):
    ledger.hold([Held("x", 1, 1), Held("y", 2, 1)])
    ledger.hold([Held("x", 9, 2)])

    assert ledger.start_releasing() == 2
    given = []
    for some in ledger.unreleased():
        given += some
        ledger.released(some)

    assert given == [Held("x", 9, 2), Held("y", 2, 1)]
    assert (ledger.holds("x"), ledger.holds("z")) == (True, False)


def test_a_move_puts_all_and_tells_the_source_after_each_batch(ledger):
    source, target = Listed("a", "b", "c"), Kept()

    tally, steps = moved(source, target, ledger)

    assert (tally, steps) == (Tally(stored=3), [2, 1])
    assert target.puts == [(["a", "b"], False), (["c"], False)]
    assert source.told == [("a b", set()), ("c", set())]


def test_the_source_keeps_what_is_refused(ledger):
    source = Listed("a", "b", "c")

    tally, _ = moved(source, Kept(refusing="b"), ledger)

    assert tally == Tally(stored=2, refused=1)
    assert source.told == [("a b", {"b"}), ("c", set())]


def test_too_many_refusals_end_it(ledger):
    source = Listed("a", "b", "c")

    with pytest.raises(MoveError, match="1 are refused, 'a' because not this one"):
        moved(source, Kept(refusing="a"), ledger, most_refused=0)

    assert source.told == [("a b", {"a"})]


def test_after_a_failure_the_batch_that_was_begun_is_put_again(ledger):
    source, target = Listed("a", "b", "c", "d"), Kept()
    target.failure = MoveError("the target is gone")
    with pytest.raises(MoveError):
        moved(source, target, ledger)
    target.failure = None

    tally, _ = moved(source, target, ledger)

    assert target.puts == [(["a", "b"], True), (["c", "d"], False)]
    assert tally == Tally(stored=4)


def test_what_is_put_already_is_only_told_to_the_source(ledger):
    ledger.begin("a b")
    ledger.put([a_record("a"), a_record("b")], [THERE, refused("no")], "1")
    source, target = Listed("a", "b", "c"), Kept()

    tally, _ = moved(source, target, ledger)

    assert source.told == [("a b", {"b"}), ("c", set())]
    assert (target.resumed, target.puts) == (["1"], [(["c"], False)])
    assert tally == Tally(stored=1, there=1, refused=1)


def test_a_first_run_has_no_mark_and_one_that_only_began_an_empty_one(ledger):
    assert ledger.mark is None

    ledger.begin("a b")

    assert ledger.mark == ""


def test_a_rate_is_kept(ledger):
    clock = VirtualClock()

    moved(Listed("a", "b", "c", "d"), Kept(), ledger, rate=0.5, clock=clock)

    assert clock.sleeps == [4.0]


def test_a_preview_counts_what_would_be_refused():
    found = preview(Listed("a", "b", "c"), Kept(refusing="ac"), lambda count: None)

    assert (found.records, found.refusals) == (3, {"not this one": 2})
