from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tqsdk.migrate.moving.records import a_record
from tests.tqsdk.migrate.moving.test_move_files import written
from tqsdk.migrate.moving.comparison import Difference, compare, text

TASKS = [a_record(name, payload=name.encode(), tag="red") for name in "abc"]


def differences(a, b, **settings):
    return compare(a, b, **settings).differences


def test_the_same_tasks_in_another_order_are_the_same():
    comparison = compare(TASKS, reversed(TASKS))

    assert comparison.is_same
    assert (comparison.tasks_in_a, comparison.tasks_in_b) == (3, 3)
    assert comparison.sha256_of_a == comparison.sha256_of_b


@pytest.mark.parametrize(
    ("kind", "changes"),
    [("payload", {"payload": b"x"}), ("tag", {"tag": ""})],
)
def test_a_task_that_was_changed_is_named(kind, changes):
    comparison = compare(TASKS, [*TASKS[:2], replace(TASKS[2], **changes)])

    assert comparison.differences == {kind: Difference(1, ["q/c"])}
    assert comparison.sha256_of_a != comparison.sha256_of_b


def test_an_eta_counts_if_it_was_chosen_and_the_task_never_leased():
    chosen = replace(TASKS[0], eta=5, eta_given=True)

    assert differences([chosen], [replace(chosen, eta=6)]) == {"eta": Difference(1, ["q/a"])}
    assert differences([chosen], [replace(chosen, eta=6, retry_count=1)]) == {}
    assert differences([chosen], [replace(chosen, eta=6, eta_given=False)]) == {}


def test_tasks_that_are_on_one_side_alone_are_named():
    assert differences(TASKS, TASKS[1:]) == {"only_in_a": Difference(1, ["q/a"])}
    assert differences(TASKS[:2], TASKS) == {"only_in_b": Difference(1, ["q/c"])}


def test_a_task_that_is_there_twice_is_named():
    assert differences(TASKS, [*TASKS, TASKS[1]]) == {"twice_in_b": Difference(1, ["q/b"])}


def test_one_queue_may_have_another_name_on_the_other_side():
    moved = [replace(task, queue="r", project="o") for task in TASKS]

    assert differences(TASKS, moved) == {}


def test_of_several_queues_each_has_its_own_tasks_unless_they_are_compared_across():
    several = [TASKS[0], replace(TASKS[1], queue="r")]
    swapped = [replace(TASKS[0], queue="r"), TASKS[1]]

    found = differences(several, swapped)

    assert found["only_in_a"] == Difference(2, ["q/a", "r/b"])
    assert found["only_in_b"] == Difference(2, ["q/b", "r/a"])
    assert differences(several, swapped, across=True) == {}


def test_ten_examples_are_enough():
    many = [a_record(f"{number:03}") for number in range(2_500)]

    comparison = compare(many, [])

    assert comparison.differences["only_in_a"].count == 2_500
    assert comparison.differences["only_in_a"].examples[-1] == "q/009"
    assert list(text(comparison, "A", "B"))[2:4] == ["only in A: 2,500", "  q/000"]


def test_the_command_ends_with_1_if_anything_differs(tq):
    written("a.jsonl", *"abc")
    written("b.jsonl", *"ab")

    same = tq("migrate", "verify", "a.jsonl", "a.jsonl")
    other = tq("migrate", "verify", "a.jsonl", "b.jsonl", "--json")

    assert (same.code, same.lines[-1]) == (0, "the same")
    assert (other.code, other.records[0]["same"]) == (1, False)
    assert other.records[0]["differences"] == {"only_in_a": {"count": 1, "examples": ["q/c"]}}


def test_a_file_that_is_cut_off_is_not_compared(tq, folder):
    written("a.jsonl", *"abc")
    whole = (folder / "a.jsonl").read_bytes()
    (folder / "b.jsonl").write_bytes(whole[:-5])

    done = tq("migrate", "verify", "a.jsonl", "b.jsonl")

    assert done.code == 1
    assert "b.jsonl: line 5" in done.err
