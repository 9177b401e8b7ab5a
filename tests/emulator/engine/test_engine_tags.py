"""Leasing by tag: a tag that is named, or that of the oldest task."""

from __future__ import annotations

import pytest

from emulator.engine.errors import Code, RefusedError
from emulator.engine.model import QueueSettings
from tests.emulator.engine.one_queue import names


def insert_in_order(queue, *tags):
    """Tasks ``0``, ``1`` ... of these tags, each a second younger than the one before."""
    for number, tag in enumerate(tags):
        queue.insert(str(number), tag=tag, eta=queue.now(plus=number - 1000))


def test_a_tag_picks_the_tasks_of_exactly_that_tag_oldest_first(queue):
    insert_in_order(queue, "red", "Red", "", "red", "re", "redd")

    assert names(queue.lease(9, tag="red", group_by_tag=True)) == ["0", "3"]


def test_without_a_tag_the_oldest_task_chooses(queue):
    insert_in_order(queue, "blue", "red", "blue", "", "blue")

    assert names(queue.lease(2, group_by_tag=True)) == ["0", "2"]
    assert names(queue.lease(9, group_by_tag=True)) == ["1"]


def test_an_untagged_oldest_task_chooses_all_the_untagged(queue):
    insert_in_order(queue, "", "red", "red", "red", "", "")

    assert names(queue.lease(3, group_by_tag=True)) == ["0", "4", "5"]


def test_of_tasks_of_the_same_age_the_first_name_chooses(queue):
    queue.insert("b", tag="blue")
    queue.insert("a", tag="red")

    assert names(queue.lease(9, group_by_tag=True)) == ["a"]


def test_leased_tasks_do_not_choose(queue):
    insert_in_order(queue, "red", "blue", "red")
    queue.lease(1)

    assert names(queue.lease(9, group_by_tag=True)) == ["1"]


def test_tasks_that_are_not_due_do_not_choose_and_are_not_chosen(queue):
    queue.insert("later", tag="red", eta=queue.now(plus=1))
    queue.insert("now", tag="blue")

    assert names(queue.lease(9, group_by_tag=True)) == ["now"]
    assert queue.lease(9, tag="red", group_by_tag=True) == []


def test_spent_tasks_do_not_choose(a_queue):
    queue = a_queue(settings=QueueSettings(retry_limit=1))
    insert_in_order(queue, "red")
    queue.lease(seconds=0)
    queue.clock.advance(1)
    queue.insert("b", tag="blue")

    assert names(queue.lease(9, group_by_tag=True)) == ["b"]


def test_spent_tasks_of_the_tag_are_deleted_on_the_way(a_queue):
    queue = a_queue(settings=QueueSettings(retry_limit=1))
    insert_in_order(queue, "red")
    queue.lease(seconds=0)
    queue.insert("z", tag="red")

    assert names(queue.lease(1, tag="red", group_by_tag=True)) == ["z"]
    assert names(queue.listing()) == ["z"]


def test_a_tag_without_grouping_is_refused(queue):
    with pytest.raises(RefusedError) as caught:
        queue.lease(tag="red")

    assert caught.value.code is Code.INVALID_REQUEST


def test_the_empty_tag_is_no_tag(queue):
    insert_in_order(queue, "red", "")

    assert names(queue.lease(1, tag="")) == ["0"]
    assert names(queue.lease(9, tag="", group_by_tag=True)) == ["1"]


def test_without_grouping_tags_make_no_difference(queue):
    insert_in_order(queue, "red", "", "blue")

    assert names(queue.lease(9)) == ["0", "1", "2"]


def test_an_empty_queue_has_no_tag_to_choose(queue):
    assert queue.lease(9, group_by_tag=True) == []


def test_a_tag_has_500_bytes_of_utf8_and_not_500_characters(queue):
    assert queue.insert("a", tag="é" * 250).tag == "é" * 250

    for operation in (
        lambda: queue.insert("b", tag="é" * 250 + "x"),
        lambda: queue.lease(tag="é" * 251, group_by_tag=True),
    ):
        with pytest.raises(RefusedError, match=r"INVALID_TAG: the tag has 50[12] bytes"):
            operation()
