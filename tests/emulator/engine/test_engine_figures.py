"""Reading a queue: one task, the listing, the figures, and which queues there are."""

from __future__ import annotations

import pytest

from emulator.engine.errors import Code
from emulator.engine.model import QueueSettings, Task
from emulator.storage.sqlite import open_sqlite
from tests.emulator.engine.one_queue import OneQueue, names, refused


def test_reading_a_task_does_not_lease_it(queue):
    queue.insert("a", payload=b"work")

    assert queue.get("a").payload == b"work"
    assert (queue.get("a").retry_count, names(queue.lease())) == (0, ["a"])


def test_a_listing_is_by_eta_then_name_leased_or_not_and_without_payloads(queue):
    queue.insert("leased", eta=1)
    queue.lease(seconds=60)
    queue.insert("b")
    queue.insert("a", payload=b"work")
    queue.insert("later", eta=queue.now(plus=600))

    assert names(queue.listing()) == ["a", "b", "leased", "later"]
    assert {task.payload for task in queue.listing()} == {None}


def test_a_listing_has_a_hundred_tasks_at_most(queue):
    for number in range(101):
        queue.insert(f"{number:03}")

    assert names(queue.listing()) == [f"{number:03}" for number in range(100)]


def test_an_empty_queue_has_no_oldest_task(queue):
    stats = queue.stats()

    assert (stats.total_tasks, stats.oldest_eta) == (0, None)
    assert (stats.leased_last_minute, stats.leased_last_hour) == (0, 0)


def test_every_live_task_is_counted_and_no_deleted_one(queue):
    for name in ("leased", "waiting", "gone"):
        queue.insert(name)
    queue.insert("later", eta=queue.now(plus=60))
    queue.lease(2)

    queue.delete("gone")

    assert queue.stats().total_tasks == 3


def test_the_oldest_eta_is_that_of_any_task_leased_or_not(queue):
    queue.insert("a")
    queue.lease(seconds=60)
    assert queue.stats().oldest_eta == queue.now(plus=60)

    queue.insert("b", eta=queue.now(plus=-5))

    assert queue.stats().oldest_eta == queue.now(plus=-5)


def test_a_spent_task_counts_until_it_is_deleted(a_queue):
    queue = a_queue(settings=QueueSettings(retry_limit=1))
    queue.insert("a")
    queue.lease(seconds=0)
    assert queue.stats().total_tasks == 1

    queue.lease()

    assert queue.stats().total_tasks == 0


def test_every_task_leased_is_counted_and_no_renewal(queue):
    for name in "abc":
        queue.insert(name)
    task = queue.lease(2)[0]
    queue.renew(task)
    queue.lease(9)
    queue.lease(9)

    assert queue.stats().leased_last_minute == 3


@pytest.mark.parametrize(
    ("figure", "span"), [("leased_last_minute", 60), ("leased_last_hour", 3600)]
)
def test_leases_are_counted_for_this_second_and_those_before_it(queue, figure, span):
    queue.clock.advance(0.9)
    queue.insert("a")
    queue.lease()

    queue.clock.advance(span - 0.900001)
    assert getattr(queue.stats(), figure) == 1

    queue.clock.advance(0.000001)
    assert getattr(queue.stats(), figure) == 0


def test_a_new_lease_forgets_none_of_the_last_hour(queue):
    queue.insert("a")
    queue.lease(seconds=0)
    queue.clock.advance(3_599)

    queue.lease(seconds=0)

    assert queue.stats().leased_last_hour == 2


def test_leases_of_deleted_tasks_stay_counted(queue):
    queue.insert("a")
    queue.lease()

    queue.delete("a")

    assert queue.stats().leased_last_hour == 1


def test_figures_are_those_of_one_queue(queue):
    other = queue.beside(name="other")
    queue.insert("a")
    queue.lease()

    assert (other.stats().total_tasks, other.stats().leased_last_hour) == (0, 0)


def test_any_well_formed_queue_is_there_and_empty(queue):
    sprung = queue.beside(name="Never-named-before-1")

    assert (sprung.listing(), sprung.lease(), sprung.stats().total_tasks) == ([], [], 0)
    assert sprung.describe() == QueueSettings()


def each_operation(queue):
    """Every call that names a queue."""
    task = Task(name="a", payload=b"", tag="", enqueued_at=0, eta=1, eta_given=False, retry_count=1)
    return [
        lambda: queue.insert("a"),
        lambda: queue.get("a"),
        lambda: queue.listing(),
        lambda: queue.lease(),
        lambda: queue.renew(task),
        lambda: queue.delete("a"),
        lambda: queue.stats(),
        lambda: queue.describe(),
    ]


@pytest.mark.parametrize("name", ["", "a_b", "a\n", "a.b", "x" * 101])
def test_no_operation_takes_a_malformed_queue_name(queue, name):
    for operation in each_operation(queue.beside(name=name)):
        with refused(Code.INVALID_QUEUE_NAME):
            operation()


def test_without_auto_create_a_queue_that_is_not_configured_is_unknown(a_queue):
    queue = a_queue(settings=QueueSettings(), auto_create=False)

    queue.insert("a")

    for operation in each_operation(queue.beside(name="other")):
        with refused(Code.UNKNOWN_QUEUE):
            operation()


def test_a_push_queue_is_refused_by_every_operation(a_queue):
    queue = a_queue(settings=QueueSettings(pull=False))

    for operation in each_operation(queue):
        with refused(Code.INVALID_QUEUE_MODE):
            operation()


def test_a_queue_that_is_no_longer_configured_keeps_its_tasks_until_it_is_again():
    store = open_sqlite(None, durability="off")
    before = OneQueue(store, settings=QueueSettings(), auto_create=False)
    before.insert("a", payload=b"work")

    with refused(Code.UNKNOWN_QUEUE):
        OneQueue(store, auto_create=False).listing()

    again = OneQueue(store, settings=QueueSettings(), auto_create=False)
    assert again.lease()[0].payload == b"work"
    store.close()
