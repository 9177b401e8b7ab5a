"""Draining: all that a queue has, deleted and told."""

from __future__ import annotations

import pytest

from emulator.engine.errors import Code
from tests.emulator.engine.one_queue import names, refused


def test_all_tasks_are_drained_whatever_their_state(queue):
    queue.insert("leased")
    queue.lease(seconds=60)
    queue.insert("waits", eta=queue.now(plus=3_600))
    queue.insert("available")

    drained = queue.drain()

    assert names(drained) == ["available", "leased", "waits"]
    assert queue.listing() == []


def test_drained_tasks_are_as_they_were(queue):
    queue.insert("a", payload=b"hello", tag="red")
    (leased,) = queue.lease(seconds=60)

    assert queue.drain() == [leased]


def test_drained_names_stay_taken(queue):
    queue.insert("a")
    queue.drain()

    with refused(Code.TOMBSTONED_TASK):
        queue.insert("a")


@pytest.mark.parametrize("most", [{"most_tasks": 2}, {"most_payload_bytes": 6}])
def test_no_more_is_drained_at_once_than_is_asked_for(queue, most):
    for name in "abc":
        queue.insert(name, payload=b"hello", eta=queue.now())

    assert names(queue.drain(**most)) == ["a", "b"]
    assert names(queue.drain(**most)) == ["c"]
    assert queue.drain(**most) == []


def test_other_queues_are_not_drained(queue):
    other = queue.beside(name="other")
    other.insert("a")

    assert queue.drain() == []
    assert names(other.listing()) == ["a"]
