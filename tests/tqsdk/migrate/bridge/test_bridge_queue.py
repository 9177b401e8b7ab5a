from __future__ import annotations

from datetime import timedelta

import pytest

from tqsdk import BulkInterruptedError, ConnectError, NewTask, TaskExistsError, TaskNotFoundError
from tqsdk.migrate.bridge import Bridge, Mode

BETWEEN = (Mode.BACK, Mode.DUAL, Mode.DRAIN)


def names(leases):
    return [lease.name for lease in leases]


def names_in(queue):
    return [task.name for task in queue.list()]


@pytest.mark.parametrize(
    ("mode", "in_old", "in_new"),
    [
        (Mode.OLD, ["a"], []),
        (Mode.BACK, ["a"], []),
        (Mode.DUAL, ["a"], ["a"]),
        (Mode.DRAIN, [], ["a"]),
        (Mode.NEW, [], ["a"]),
    ],
)
@pytest.mark.parametrize("how", ["one", "many"])
def test_a_task_goes_where_the_mode_says(bridge, switch, old, new, mode, in_old, in_new, how):
    switch.mode = mode

    if how == "one":
        assert bridge.insert("hello", name="a", tag="red").payload == b"hello"
    else:
        assert bridge.insert_many([NewTask("hello", name="a", tag="red")]).stored == 1

    assert (names_in(old), names_in(new)) == (in_old, in_new)
    stored = [queue.get("a") for queue in (old, new) if names_in(queue)]
    assert {(task.payload, task.tag) for task in stored} == {(b"hello", "red")}


@pytest.mark.parametrize(
    ("mode", "first"),
    [(Mode.BACK, "new"), (Mode.DUAL, "old"), (Mode.DRAIN, "old")],
)
def test_one_queue_is_leased_until_it_has_nothing_and_then_the_other(
    bridge, switch, old, new, mode, first
):
    switch.mode = mode
    for number in range(2):
        old.insert("", name=f"old-{number}")
        new.insert("", name=f"new-{number}")

    leased = [names(bridge.lease(max_tasks=9)) for _ in range(3)]

    in_order = [["old-0", "old-1"], ["new-0", "new-1"]]
    assert leased == [*(in_order if first == "old" else in_order[::-1]), []]


@pytest.mark.parametrize(("mode", "other"), [(Mode.OLD, 1), (Mode.NEW, 0)])
def test_at_either_end_the_other_queue_is_not_asked(bridge, switch, lines, mode, other):
    switch.mode = mode

    bridge.insert("", name="a")
    bridge.insert_many(["", ""])
    assert bridge.get("a").name == "a"
    for lease in bridge.lease(max_tasks=2):
        lease.delete()
    bridge.delete("a", missing_ok=True)
    assert bridge.stats().total_tasks >= 0

    assert lines[other].requests == 0


def test_what_is_done_to_a_lease_is_done_where_it_is_from(bridge, switch, old, new):
    switch.mode = Mode.DRAIN
    old.insert("", name="a")
    new.insert("", name="b")
    [of_old] = bridge.lease()
    [of_new] = bridge.lease()
    switch.mode = Mode.NEW

    of_old.renew(120)
    of_old.release()
    of_new.delete()

    assert names(old.lease()) == ["a"]
    assert names_in(new) == []


@pytest.mark.parametrize("mode", BETWEEN)
def test_a_copy_is_given_to_nobody_while_its_task_is_there(bridge, switch, clock, old, new, mode):
    switch.mode = Mode.DUAL
    bridge.insert("", name="a")
    clock.advance(61)
    switch.mode = mode

    given = [names(bridge.lease(seconds=60)) for _ in range(3)]

    assert given == [["a"], [], []]
    assert bridge.counters["leased_old"] == 1
    assert bridge.counters["held_back"] == 1


@pytest.mark.parametrize("mode", BETWEEN)
def test_when_a_task_is_done_its_copy_is_gone_too(bridge, switch, clock, old, new, mode):
    switch.mode = Mode.DUAL
    bridge.insert("", name="a")
    clock.advance(61)
    switch.mode = mode

    for lease in bridge.lease():
        lease.delete()

    assert names_in(old) == names_in(new) == []


def test_a_batch_deletes_copies_too(bridge, switch, old, new):
    switch.mode = Mode.DUAL
    bridge.insert("", name="a")
    [lease] = bridge.lease()

    batch = old._client.batch()
    batch.delete(lease)
    batch.execute()

    assert names_in(old) == names_in(new) == []


def test_a_copy_cannot_be_leased_while_its_task_may_be_on_its_way(bridge, switch, clock, new):
    switch.mode = Mode.DUAL
    bridge.insert("", name="a")
    bridge.insert("", name="b", eta=timedelta(hours=1))

    assert names(new.lease(max_tasks=9)) == []
    clock.advance(61)
    assert names(new.lease(max_tasks=9)) == ["a"]
    clock.advance(3600)
    assert names(new.lease(max_tasks=9)) == ["a", "b"]


def test_who_was_late_is_not_given_the_copy_of_a_task_that_is_done(
    bridge, switch, clock, old, new, lines
):
    """Between the lease of the copy and the look into the old queue, the task is done."""
    switch.mode = Mode.DUAL
    bridge.insert("", name="a")
    clock.advance(61)
    [lease] = bridge.lease()
    switch.mode = Mode.DRAIN
    done_in_between = lines[0].send

    def send(request, timeout):
        if request.url.endswith("/tasks/a") and request.method == "GET" and not lease.settled:
            lease.delete()
        return done_in_between(request, timeout)

    lines[0].send = send

    assert names(bridge.lease()) == []
    assert bridge.counters["gone"] == 1


def test_the_new_queue_may_fail_where_the_old_one_decides(bridge, switch, lines, old, new):
    switch.mode = Mode.DUAL
    lines[1].words = ""

    bridge.insert("", name="a")
    bridge.insert_many([NewTask("", name="b")])
    for lease in bridge.lease(max_tasks=2):
        lease.delete()
    assert names(bridge.lease()) == []

    assert names_in(old) == []
    assert bridge.counters.divergence == {"new_failed": 1, "copy_failed": 2, "copy_owed": 2}


def test_failures_of_the_new_queue_are_raised_if_that_is_wanted(old, new, lines):
    bridge = Bridge(old, new, mode=Mode.DUAL, on_secondary_error="raise")
    old.insert("", name="a")
    lines[1].words = ""

    with pytest.raises(ConnectError):
        bridge.insert("", name="b")
    report = bridge.insert_many([NewTask("", name="c"), NewTask("", name="a" * 501)])
    [lease] = bridge.lease()
    with pytest.raises(ConnectError):
        lease.delete()
    with pytest.raises(ConnectError):
        bridge.lease()

    assert report.failed == 2
    assert names_in(old) == ["a"]


def test_where_the_new_queue_has_the_tasks_its_failure_is_a_failure(bridge, switch, lines):
    switch.mode = Mode.DRAIN
    lines[1].words = ""

    with pytest.raises(ConnectError):
        bridge.insert("")
    with pytest.raises(ConnectError):
        bridge.lease()


def test_a_deletion_that_is_owed_is_made_up_for(bridge, switch, clock, lines, old, new):
    switch.mode = Mode.DUAL
    bridge.insert("", name="a")
    clock.advance(61)
    [lease] = bridge.lease()
    lines[1].words = "DELETE"
    lease.delete()
    assert names_in(new) == ["a"]
    assert names(bridge.lease()) == []
    assert bridge.counters.divergence == {"copy_owed": 1}

    lines[1].words = None
    bridge.settle()

    assert names_in(new) == []
    assert bridge.counters.divergence == {}


def test_if_the_old_queue_refuses_a_task_without_a_name_its_copy_is_taken_back(
    bridge, switch, lines, new
):
    switch.mode = Mode.DUAL
    lines[0].words = "POST"

    with pytest.raises(ConnectError) as raised:
        bridge.insert("")

    assert not raised.value.ambiguous
    assert names_in(new) == []
    assert bridge.counters["copy_taken_back"] == 1


def test_a_task_with_a_name_may_be_inserted_again_in_any_mode(bridge, switch, lines, old, new):
    """A copy that was deleted would block the name, and the repetition would seem to be done."""
    switch.mode = Mode.DUAL
    lines[0].words = "POST"
    with pytest.raises(ConnectError) as raised:
        bridge.insert("", name="a")
    assert raised.value.ambiguous
    lines[0].words = None

    for mode in (Mode.DUAL, Mode.DRAIN, Mode.BACK):
        switch.mode = mode
        with pytest.raises(TaskExistsError):
            bridge.insert("", name="a")

    assert names_in(old) == []
    assert names_in(new) == ["a"]


@pytest.mark.parametrize("how", ["one", "many"])
def test_a_task_that_was_done_before_is_not_done_again_from_its_copy(
    bridge, switch, clock, old, new, how
):
    old.insert("", name="done")
    old.delete("done")
    old.insert("", name="there")
    switch.mode = Mode.DUAL

    for name in ("done", "there"):
        if how == "one":
            with pytest.raises(TaskExistsError):
                bridge.insert("", name=name)
        else:
            assert bridge.insert_many([NewTask("", name=name)]).duplicates == 1
    clock.advance(61)

    assert names_in(new) == []
    assert names(bridge.lease(max_tasks=9)) == ["there"]


def test_insertions_of_many_that_fail_may_be_repeated_under_their_names(
    bridge, switch, lines, old, new
):
    switch.mode = Mode.DUAL
    lines[0].words = "POST"
    failed = []

    with pytest.raises(BulkInterruptedError) as raised:
        bridge.insert_many(["x", "y"], on_failure=lambda task, error: failed.append((task, error)))

    assert raised.value.report.failed == 2
    assert [error.ambiguous for _, error in failed] == [True, True]
    assert names_in(new) == [task.name for task, _ in failed]
    lines[0].words = None
    switch.mode = Mode.DRAIN
    assert bridge.insert_many([task for task, _ in failed]).duplicates == 2


@pytest.mark.parametrize(("mode", "where"), [(Mode.DRAIN, "old"), (Mode.BACK, "new")])
def test_a_name_is_taken_if_the_other_queue_has_it(bridge, switch, old, new, mode, where):
    (old if where == "old" else new).insert("", name="a")
    switch.mode = mode

    with pytest.raises(TaskExistsError, match=f"the {where} queue has a task of this name"):
        bridge.insert("", name="a")
    report = bridge.insert_many([NewTask("", name="a"), NewTask("", name="b")])

    assert (report.stored, report.duplicates) == (1, 1)


def test_copies_are_compared_and_differences_counted_by_kind(old, new):
    bridge = Bridge(old, new, mode=Mode.DUAL, compare_every=1)
    bridge.insert("same", name="same", tag="red")
    for name, payload, tag in (("payload", "other", "red"), ("tag", "same", "blue")):
        old.insert("same", name=name, tag="red")
        new.insert(payload, name=name, tag=tag)
    old.insert("same", name="missing")

    bridge.lease(max_tasks=9)

    assert bridge.counters["compared"] == 4
    assert bridge.counters.divergence == {
        "differs_missing": 1,
        "differs_payload": 1,
        "differs_tag": 1,
    }
    assert sorted(names_in(new)) == ["payload", "same", "tag"]


def test_only_so_many_are_compared(old, new):
    bridge = Bridge(old, new, mode=Mode.DUAL, compare_every=3)
    old.insert_many([""] * 10)

    bridge.lease(max_tasks=10)

    assert bridge.counters["compared"] == 3


@pytest.mark.parametrize("mode", BETWEEN)
def test_a_task_is_deleted_by_name_wherever_it_is(bridge, switch, old, new, mode):
    switch.mode = mode
    old.insert("", name="both")
    new.insert("", name="both")
    old.insert("", name="old")
    new.insert("", name="new")

    for name in ("both", "old", "new"):
        bridge.delete(name)
    with pytest.raises(TaskNotFoundError):
        bridge.delete("none")

    assert names_in(old) == names_in(new) == []


def test_statistics_count_copies_once(bridge, switch, old):
    switch.mode = Mode.DUAL
    bridge.insert_many(["", ""])
    old.insert("")

    assert bridge.stats().total_tasks == 3
    assert (bridge.standing().old.total_tasks, bridge.standing().new.total_tasks) == (3, 2)


def test_the_iterator_goes_through_both_queues(bridge, switch, old, new):
    switch.mode = Mode.DRAIN
    old.insert("", name="a")
    new.insert("", name="b")

    done = []
    for lease in bridge.lease_iter():
        done.append(lease.name)
        lease.delete()

    assert done == ["a", "b"]


def test_a_lease_can_be_kept_alive(bridge, switch, old):
    switch.mode = Mode.DUAL
    old.insert("", name="a")

    with bridge.lease() as leases, leases.keep_alive(60):
        [lease] = leases
        lease.delete()

    assert names_in(old) == []
