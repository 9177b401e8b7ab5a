"""Inserting: names, tombstones, and when a task is due."""

from __future__ import annotations

import re

import pytest

from emulator.engine import engine as engine_module
from emulator.engine.errors import Code
from emulator.engine.model import QueueSettings
from tests.emulator.engine.one_queue import names, refused

DAY = 86_400
WEEK = 7 * DAY


def test_a_new_task_is_due_at_once_and_has_had_no_lease(queue):
    task = queue.insert("a", payload=b"work", tag="red")

    assert (task.eta, task.eta_given, task.retry_count) == (queue.now(), False, 0)
    assert queue.get("a") == task
    assert (task.payload, task.tag) == (b"work", "red")


def test_the_time_of_insertion_is_cut_to_whole_seconds_and_the_eta_is_not(queue):
    queue.clock.advance(0.75)

    task = queue.insert("a")

    assert task.enqueued_at == queue.now() - 750_000
    assert task.eta == queue.now()


@pytest.mark.parametrize("eta", [None, 0])
def test_no_eta_and_zero_both_mean_now(queue, eta):
    task = queue.insert("a", eta=eta)

    assert (task.eta, task.eta_given) == (queue.now(), False)


@pytest.mark.parametrize("plus", [-DAY, 0, 30 * DAY])
def test_an_eta_is_kept_to_the_microsecond_and_that_it_was_given(queue, plus):
    eta = queue.now(plus=plus)

    task = queue.insert("a", eta=eta)

    assert (task.eta, task.eta_given) == (eta, True)


def test_an_eta_is_at_most_thirty_days_ahead(queue):
    with refused(Code.INVALID_ETA):
        queue.insert("a", eta=queue.now(plus=30 * DAY) + 1)


def test_an_eta_before_1970_is_refused(queue):
    with refused(Code.INVALID_ETA):
        queue.insert("a", eta=-1)


def test_a_task_is_available_from_the_instant_of_its_eta_and_not_before(queue):
    queue.insert("a", eta=queue.now(plus=10))

    queue.clock.advance(9.999999)
    assert queue.lease() == []

    queue.clock.advance(0.000001)
    assert names(queue.lease()) == ["a"]


@pytest.mark.parametrize("name", ["a", "A-b_9", "-", "_", "x" * 500])
def test_a_well_formed_name_is_kept(queue, name):
    assert queue.insert(name).name == name


@pytest.mark.parametrize("name", ["", "a\n", "a b", "a.b", "a/b", "é", "x" * 501])
def test_a_malformed_name_is_refused_by_every_operation(queue, name):
    task = queue.insert("a")
    for operation in (queue.insert, queue.get, queue.delete):
        with refused(Code.INVALID_TASK_NAME):
            operation(name)

    with refused(Code.INVALID_TASK_NAME):
        queue.renew(task._replace(name=name))


def test_a_made_name_is_sixteen_hexadecimal_digits(queue):
    made = [queue.insert().name for _ in range(200)]

    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in made)
    assert len(set(made)) == 200


@pytest.mark.parametrize("taken", ["live", "dead"])
def test_a_made_name_is_neither_that_of_a_task_nor_of_a_tombstone(queue, monkeypatch, taken):
    queue.insert("live", payload=b"kept")
    queue.insert("dead")
    queue.delete("dead")
    drawn = iter([taken, "free"])
    monkeypatch.setattr(engine_module, "new_task_name", lambda: next(drawn))

    assert queue.insert().name == "free"
    assert queue.get("live").payload == b"kept"


def test_the_name_of_a_task_that_is_there_is_taken(queue):
    queue.insert("a", payload=b"first")

    with refused(Code.TASK_ALREADY_EXISTS):
        queue.insert("a", payload=b"second")

    assert queue.get("a").payload == b"first"


def test_the_name_of_a_leased_task_is_taken(queue):
    queue.insert("a")
    queue.lease()

    with refused(Code.TASK_ALREADY_EXISTS):
        queue.insert("a")


def test_names_are_those_of_one_queue_of_one_project(queue):
    for each in (queue, queue.beside(name="other"), queue.beside(project="p2")):
        each.insert("a")

    queue.delete("a")

    assert names(queue.listing()) == []
    assert names(queue.beside(name="other").listing()) == ["a"]
    assert names(queue.beside(project="p2").listing()) == ["a"]


def test_a_deleted_name_is_free_again_after_seven_days_to_the_microsecond(queue):
    queue.insert("a")
    queue.delete("a")

    queue.clock.advance(WEEK - 0.000001)
    with refused(Code.TOMBSTONED_TASK):
        queue.insert("a")

    queue.clock.advance(0.000001)
    assert queue.insert("a", payload=b"new life").retry_count == 0


def test_the_time_of_tombstones_can_be_chosen(a_queue):
    queue = a_queue(tombstone_seconds=5)
    queue.insert("a")
    queue.delete("a")

    queue.clock.advance(5)

    assert queue.insert("a").name == "a"


def test_tombstones_of_no_time_free_the_name_at_once(a_queue):
    queue = a_queue(tombstone_seconds=0)
    queue.insert("a", payload=b"old")
    queue.delete("a")

    queue.insert("a", payload=b"new")

    assert queue.get("a").payload == b"new"


def test_a_refused_insert_leaves_nothing(queue):
    with refused(Code.INVALID_ETA):
        queue.insert("a", eta=queue.now(plus=31 * DAY))

    assert (queue.listing(), queue.stats().total_tasks) == ([], 0)
    assert queue.insert("a").name == "a"


def test_a_paused_queue_takes_tasks(a_queue):
    queue = a_queue(settings=QueueSettings(paused=True))

    queue.insert("a")

    assert names(queue.listing()) == ["a"]
