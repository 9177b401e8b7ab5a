"""The history checker finds each kind of broken promise, and nothing in a good history."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from emulator.testing.history import Kind, Operation, Result, Stored, violations


def insert(at, *, task="t", begins=0, result=Result.DONE):
    return Operation(
        kind=Kind.INSERT, task=task, started=at, ended=at, begins=begins, result=result
    )


def hold(kind, at, begins, ends, *, count=1, who="w", result=Result.DONE):
    return Operation(
        kind=kind,
        task="t",
        started=at,
        ended=at,
        begins=begins,
        ends=ends,
        retry_count=count,
        who=who,
        result=result,
    )


lease = partial(hold, Kind.LEASE)
renew = partial(hold, Kind.RENEW)


def delete(at, *, result=Result.DONE):
    return Operation(kind=Kind.DELETE, task="t", started=at, ended=at, result=result)


GOOD = {
    "a life from insert to delete": ([insert(1), lease(2, 10, 20), delete(3)], {}),
    "a lease after another ended": ([insert(1), lease(2, 10, 20), lease(3, 20, 30, count=2)], None),
    "a lease after a release": (
        [lease(1, 10, 20), renew(2, 12, 12), lease(3, 12, 22, count=2)],
        None,
    ),
    "a lease that was renewed": (
        [lease(1, 10, 20), renew(2, 15, 40), lease(3, 40, 50, count=2)],
        None,
    ),
    "an insert without an answer, stored": (
        [insert(1, result=Result.UNKNOWN)],
        {"t": Stored(0, 0)},
    ),
    "an insert without an answer, not stored": ([insert(1, result=Result.UNKNOWN)], {}),
    "a delete without an answer, done": ([insert(1), delete(2, result=Result.UNKNOWN)], {}),
    "a delete without an answer, not done": (
        [insert(1), delete(2, result=Result.UNKNOWN)],
        {"t": Stored(0, 0)},
    ),
    "a release without an answer, done": (
        [lease(1, 10, 20), renew(2, 0, 0, result=Result.UNKNOWN), lease(3, 12, 22, count=2)],
        None,
    ),
    "a refused insert of a name that is taken": (
        [insert(1), insert(2, result=Result.REFUSED)],
        {"t": Stored(0, 0)},
    ),
    "a delete that was answered before the insert was": (
        [replace(insert(1), ended=9), lease(2, 10, 20), delete(3)],
        {},
    ),
    "a lease nobody was told of": ([insert(1), lease(2, 10, 20)], {"t": Stored(99, 2)}),
}

BAD = {
    "lost": ([insert(1)], {}),
    "deleted, and stored again": ([insert(1), delete(2)], {"t": Stored(0, 0)}),
    "inserted twice": ([insert(1), insert(2)], None),
    "name was still taken": ([insert(1), delete(2), insert(3)], None),
    "while w held it": ([lease(1, 10, 20), lease(2, 19, 29, count=2)], None),
    "has retry_count 1": ([lease(1, 10, 20), lease(2, 20, 30)], None),
    "before its eta": ([insert(1, begins=100), lease(2, 99, 120)], None),
    "a lease after that": ([insert(1), delete(2), lease(3, 10, 20)], None),
    "stored with retry_count 0": ([insert(1), lease(2, 10, 20)], {"t": Stored(20, 0)}),
    "stored with a lease until 19": ([insert(1), lease(2, 10, 20)], {"t": Stored(19, 1)}),
    "after its lease had ended": ([lease(1, 10, 20), renew(2, 20, 40)], None),
    "nobody inserted it": ([insert(1)], {"t": Stored(0, 0), "u": Stored(0, 0)}),
    "until 40": ([lease(1, 10, 20), renew(2, 15, 40), lease(3, 39, 50, count=2)], None),
}


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_found_in_a_good_history(name):
    history, stored = GOOD[name]

    assert violations(history, stored) == []


@pytest.mark.parametrize("words", BAD)
def test_a_broken_promise_is_found_and_named(words):
    history, stored = BAD[words]

    found = violations(history, stored)

    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("taken", "found"),
    [
        ({"t"}, []),
        (set(), ["t: deleted, and its name is no longer taken"]),
        (None, []),
    ],
)
def test_the_name_of_a_deleted_task_stays_taken(taken, found):
    assert violations([insert(1), delete(2)], {}, taken=taken) == found


def test_the_name_of_a_task_whose_delete_was_not_answered_may_be_free():
    history = [insert(1), delete(2, result=Result.UNKNOWN)]

    assert violations(history, {"t": Stored(0, 0)}, taken=set()) == []


def test_a_name_may_return_where_tombstones_last_no_time():
    history = [insert(1), delete(2), insert(3)]

    assert violations(history, {"t": Stored(0, 0)}, names_return=True) == []


def test_each_life_of_a_name_has_leases_of_its_own():
    first = [insert(1), lease(2, 10, 99), delete(3)]
    second = [insert(4), lease(5, 12, 99)]

    assert violations(first + second, {"t": Stored(99, 1)}, names_return=True) == []


def test_the_order_of_the_record_does_not_matter():
    history = [lease(2, 19, 29, count=2), insert(0), lease(1, 10, 20)]

    assert len(violations(history)) == 1
