"""Deleting: anybody may, once; and what it leaves behind."""

from __future__ import annotations

import pytest

from emulator.engine.errors import Code
from emulator.engine.model import QueueSettings
from tests.emulator.engine.one_queue import names, refused

WEEK = 7 * 86_400


@pytest.mark.parametrize("state", ["never leased", "leased", "lease ended", "not due"])
def test_any_task_can_be_deleted_by_anybody(queue, state):
    queue.insert("a", eta=queue.now(plus=5) if state == "not due" else None)
    if state in ("leased", "lease ended"):
        queue.lease(seconds=60)
    queue.clock.advance(61 if state == "lease ended" else 1)

    queue.delete("a")

    assert queue.listing() == []
    queue.clock.advance(3_600)
    assert queue.lease() == []


def test_a_deleted_task_cannot_be_read(queue):
    queue.insert("a")
    queue.delete("a")

    with refused(Code.UNKNOWN_TASK):
        queue.get("a")


def test_a_task_is_deleted_only_once(queue):
    queue.insert("a")
    queue.delete("a")

    with refused(Code.TOMBSTONED_TASK):
        queue.delete("a")


def test_what_never_was_cannot_be_deleted(queue):
    with refused(Code.UNKNOWN_TASK):
        queue.delete("a")


def test_a_second_delete_does_not_start_the_tombstone_anew(queue):
    queue.insert("a")
    queue.delete("a")
    queue.clock.advance(WEEK - 1)
    with refused(Code.TOMBSTONED_TASK):
        queue.delete("a")

    queue.clock.advance(1)

    assert queue.insert("a").name == "a"


def test_a_tombstone_whose_time_is_over_is_forgotten_in_every_answer(queue):
    queue.insert("a")
    queue.delete("a")
    queue.clock.advance(WEEK)

    with refused(Code.UNKNOWN_TASK):
        queue.delete("a")


def test_a_name_can_be_used_and_buried_again_and_again(queue):
    for life in (b"1", b"2", b"3"):
        queue.insert("a", payload=life)
        assert queue.lease()[0].payload == life
        queue.delete("a")
        with refused(Code.TOMBSTONED_TASK):
            queue.insert("a")
        queue.clock.advance(WEEK)


def test_deletions_sweep_away_old_tombstones_faster_than_they_make_new_ones(queue):
    old = [f"old{number}" for number in range(20)]
    for name in old:
        queue.insert(name)
        queue.delete(name)
    queue.clock.advance(WEEK)

    for number in range(10):
        queue.insert(f"new{number}")
        queue.delete(f"new{number}")

    assert queue.tombstones_kept(old) == 0
    assert queue.tombstones_kept([f"new{number}" for number in range(10)]) == 10


def test_a_paused_queue_lets_tasks_be_deleted(a_queue):
    queue = a_queue(settings=QueueSettings(paused=True))
    queue.insert("a")
    queue.insert("b")

    queue.delete("a")

    assert names(queue.listing()) == ["b"]
