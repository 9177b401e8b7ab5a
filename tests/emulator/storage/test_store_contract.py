"""What every store promises (``emulator.engine.store``), run over each of them."""

from __future__ import annotations

import threading

import pytest

from emulator.engine.clock import ClockState
from emulator.engine.errors import Code, OverloadedError, RefusedError, StoreFailedError
from emulator.engine.model import Attempt, Kept, QueueId, Task, Tombstone, Wiped
from emulator.storage.group_commit import GroupCommit
from emulator.storage.loop_commit import LoopCommit
from emulator.storage.sqlite import SqliteSession, open_sqlite
from tests.emulator.storage.looped import Looped
from tests.emulator.storage.plain_store import PlainStore

QUEUE = QueueId("p", "q")


def on_loop(path):
    return Looped(lambda loop: open_sqlite(path, durability="off", loop=loop))


@pytest.fixture(params=["file", "memory", "loop", "plain"])
def store(request, tmp_path):
    opened = {
        "file": lambda: open_sqlite(tmp_path / "t.db", durability="off"),
        "memory": lambda: open_sqlite(None, durability="full"),
        "loop": lambda: on_loop(tmp_path / "t.db"),
        "plain": PlainStore,
    }[request.param]()
    yield opened
    opened.close()


@pytest.fixture(params=["file", "memory", "loop"])
def group(request, tmp_path):
    """The stores whose units share commits."""
    opened = {
        "file": lambda: open_sqlite(tmp_path / "t.db", durability="off"),
        "memory": lambda: open_sqlite(None, durability="off"),
        "loop": lambda: on_loop(None),
    }[request.param]()
    yield opened
    opened.close()


def a_task(name="a", **fields) -> Task:
    defaults = {
        "payload": b"x",
        "tag": "",
        "enqueued_at": 5_000_000,
        "eta": 100,
        "eta_given": False,
        "retry_count": 0,
    }
    return Task(name=name, **{**defaults, **fields})


def put(store, *tasks, queue=QUEUE):
    for task in tasks:
        store.run(lambda tx, task=task: tx.put(queue, task))


def names(tasks):
    return [task.name for task in tasks]


def available(store, now, tag=None, queue=QUEUE):
    return store.run(lambda tx: list(tx.available(queue, now=now, tag=tag)))


def test_a_task_comes_back_as_it_was_put(store):
    task = a_task(payload=b"\0\xff", tag="blå", eta=7, eta_given=True, retry_count=3)

    put(store, task)

    assert store.run(lambda tx: tx.find(QUEUE, "a", with_payload=True)) == task
    assert store.run(lambda tx: tx.find(QUEUE, "a")) == task._replace(payload=None)


def test_an_empty_payload_is_a_payload(store):
    put(store, a_task(payload=b""))

    assert store.run(lambda tx: tx.find(QUEUE, "a", with_payload=True)).payload == b""
    assert available(store, 100)[0].payload == b""


def test_a_name_that_was_never_put_is_not_found(store):
    assert store.run(lambda tx: tx.find(QUEUE, "a")) is None


def test_order_is_by_eta_then_by_the_bytes_of_the_name(store):
    put(store, *(a_task(name) for name in ["b", "a", "_", "B", "a1", "-", "a_", "0"]))
    put(store, a_task("z", eta=99))

    assert names(available(store, 100)) == ["z", "-", "0", "B", "_", "a", "a1", "a_", "b"]
    assert names(store.run(lambda tx: tx.first(QUEUE, limit=3))) == ["z", "-", "0"]


def test_a_task_is_available_from_the_instant_of_its_eta(store):
    put(store, a_task(eta=100))

    assert available(store, 99) == []
    assert names(available(store, 100)) == ["a"]


def test_tags_are_matched_exactly_and_the_empty_one_is_the_untagged(store):
    put(store, a_task("a", tag="red"), a_task("b"), a_task("c", tag="Red"), a_task("d", tag="red"))

    assert names(available(store, 100, "red")) == ["a", "d"]
    assert names(available(store, 100, "")) == ["b"]
    assert names(available(store, 100, None)) == ["a", "b", "c", "d"]
    assert available(store, 100, "re") == []


def test_a_listing_has_what_is_leased_and_no_payloads(store):
    put(store, a_task("a", eta=10**15, retry_count=1), a_task("b"))

    listed = store.run(lambda tx: tx.first(QUEUE, limit=100))

    assert names(listed) == ["b", "a"]
    assert [task.payload for task in listed] == [None, None]


def next_eta(store, after, tag=None):
    return store.run(lambda tx: tx.next_eta(QUEUE, after=after, tag=tag))


def test_the_next_eta_is_the_first_that_is_later(store):
    put(store, a_task("a", eta=10), a_task("b", eta=30), a_task("c", eta=20, retry_count=1))
    put(store, a_task("other", eta=11), queue=QueueId("p", "other"))

    assert [next_eta(store, after) for after in (9, 10, 20, 29, 30)] == [10, 20, 30, 30, None]


def test_the_next_eta_of_a_tag_is_not_that_of_another(store):
    put(store, a_task("a", eta=10, tag="red"), a_task("b", eta=20), a_task("c", eta=30, tag="Red"))

    assert [next_eta(store, 0, tag) for tag in ("red", "", "Red", "blue")] == [10, 20, 30, None]
    assert next_eta(store, 10, "red") is None


def test_a_deleted_task_has_no_eta(store):
    put(store, a_task("a", eta=10))

    store.run(lambda tx: tx.bury(QUEUE, "a", until=500))

    assert next_eta(store, 0) is None


def test_the_next_eta_is_that_of_what_the_same_unit_has_put(store):
    def work(tx):
        tx.put(QUEUE, a_task("a", eta=10))
        return tx.next_eta(QUEUE, after=0)

    assert store.run(work) == 10


def test_rescheduling_moves_a_task_and_leaves_its_payload(store):
    put(store, a_task("a", tag="t"), a_task("b", tag="t"))

    store.run(lambda tx: tx.reschedule(QUEUE, "a", eta=200, retry_count=4))

    assert names(available(store, 199)) == ["b"]
    assert names(available(store, 199, "t")) == ["b"]
    assert names(available(store, 200)) == ["b", "a"]
    found = store.run(lambda tx: tx.find(QUEUE, "a", with_payload=True))
    assert (found.payload, found.eta, found.retry_count) == (b"x", 200, 4)


def test_a_buried_task_is_a_tombstone_and_nothing_else(store):
    put(store, a_task("a"))

    store.run(lambda tx: tx.bury(QUEUE, "a", until=500))

    assert store.run(lambda tx: tx.find(QUEUE, "a")) == Tombstone("a", 500)
    assert available(store, 10**15) == []
    assert available(store, 10**15, "") == []
    assert list(store.run(lambda tx: tx.first(QUEUE, limit=9))) == []
    assert store.run(lambda tx: tx.count(QUEUE)) == 0


def test_a_task_buried_for_no_time_leaves_its_name_free(store):
    put(store, a_task("a"))

    store.run(lambda tx: tx.bury(QUEUE, "a", until=None))

    assert store.run(lambda tx: tx.find(QUEUE, "a")) is None


def test_a_name_whose_tombstone_is_forgotten_can_be_put_again(store):
    put(store, a_task("a", tag="old"))
    store.run(lambda tx: tx.bury(QUEUE, "a", until=500))

    store.run(lambda tx: (tx.forget(QUEUE, "a"), tx.put(QUEUE, a_task(payload=b"new", eta=3))))

    assert store.run(lambda tx: tx.find(QUEUE, "a", with_payload=True)).payload == b"new"
    assert names(available(store, 3)) == ["a"]
    assert store.run(lambda tx: tx.count(QUEUE)) == 1


@pytest.mark.parametrize("buried", [False, True])
def test_only_a_tombstone_can_be_forgotten(store, buried):
    put(store, a_task("a"))
    if buried:
        store.run(lambda tx: tx.bury(QUEUE, "a", until=None))

    with pytest.raises(StoreFailedError):
        store.run(lambda tx: tx.forget(QUEUE, "a"))

    assert store.run(lambda tx: tx.count(QUEUE)) == (0 if buried else 1)


def test_a_buried_name_cannot_be_put_again(store):
    put(store, a_task("a"))
    store.run(lambda tx: tx.bury(QUEUE, "a", until=500))

    with pytest.raises(StoreFailedError):
        put(store, a_task("a"))

    assert store.run(lambda tx: tx.find(QUEUE, "a")) == Tombstone("a", 500)


def test_a_live_name_cannot_be_put_again(store):
    put(store, a_task("a", payload=b"first"))

    with pytest.raises(StoreFailedError):
        put(store, a_task("a", payload=b"second"))

    assert store.run(lambda tx: tx.find(QUEUE, "a", with_payload=True)).payload == b"first"
    assert store.run(lambda tx: tx.count(QUEUE)) == 1


@pytest.mark.parametrize(
    "verb",
    [
        lambda tx: tx.reschedule(QUEUE, "a", eta=1, retry_count=1),
        lambda tx: tx.bury(QUEUE, "a", until=1),
        lambda tx: tx.bury(QUEUE, "a", until=None),
    ],
)
def test_what_is_not_live_cannot_be_changed(store, verb):
    with pytest.raises(StoreFailedError):
        store.run(verb)


@pytest.mark.parametrize(
    "verb",
    [
        lambda tx: tx.reschedule(QUEUE, "a", eta=1, retry_count=1),
        lambda tx: tx.bury(QUEUE, "a", until=900),
        lambda tx: tx.bury(QUEUE, "a", until=None),
    ],
)
def test_a_tombstone_cannot_be_changed(store, verb):
    put(store, a_task("a"))
    store.run(lambda tx: tx.bury(QUEUE, "a", until=500))

    with pytest.raises(StoreFailedError):
        store.run(verb)

    assert store.run(lambda tx: tx.find(QUEUE, "a")) == Tombstone("a", 500)


def test_a_sweep_forgets_what_is_over_and_no_more_than_it_was_told(store):
    put(store, *(a_task(name) for name in "abcd"))
    for name, until in zip("abc", (10, 20, 30), strict=True):
        store.run(lambda tx, name=name, until=until: tx.bury(QUEUE, name, until=until))

    assert store.run(lambda tx: tx.sweep(now=9, limit=9)) == 0
    assert store.run(lambda tx: tx.sweep(now=20, limit=1)) == 1
    assert store.run(lambda tx: tx.sweep(now=20, limit=9)) == 1
    assert store.run(lambda tx: tx.find(QUEUE, "c")) == Tombstone("c", 30)
    assert names(available(store, 100)) == ["d"]


def test_queues_and_projects_share_nothing(store):
    other_queue, other_project = QueueId("p", "q2"), QueueId("p2", "q")
    put(store, a_task("a", payload=b"1"))
    put(store, a_task("a", payload=b"2"), queue=other_queue)
    put(store, a_task("a", payload=b"3"), queue=other_project)

    store.run(lambda tx: tx.bury(QUEUE, "a", until=500))

    assert [task.payload for task in available(store, 100, queue=other_queue)] == [b"2"]
    assert [task.payload for task in available(store, 100, queue=other_project)] == [b"3"]
    assert store.run(lambda tx: tx.count(other_queue)) == 1


def test_leases_are_counted_by_the_second(store):
    for at, count in [(1_000_000, 1), (1_999_999, 2), (2_000_000, 4), (9_000_000, 8)]:
        store.run(
            lambda tx, at=at, count=count: tx.record_leases(
                QUEUE, at=at, count=count, forget_before=0
            )
        )

    assert store.run(lambda tx: tx.leases_between(QUEUE, 1_500_000, 9_999_999)) == 15
    assert store.run(lambda tx: tx.leases_between(QUEUE, 2_000_000, 9_999_999)) == 12
    assert store.run(lambda tx: tx.leases_between(QUEUE, 1_999_999, 2_000_000)) == 7
    assert store.run(lambda tx: tx.leases_between(QueueId("p", "other"), 0, 9_999_999)) == 0


def an_attempt(id="i", *, until=100, **fields) -> Attempt:
    defaults = {"asked": "1 60", "tasks": (("a", 1), ("b", 2))}
    return Attempt(id=id, until=until, **{**defaults, **fields})


def remember(store, *attempts, queue=QUEUE):
    for attempt in attempts:
        store.run(lambda tx, attempt=attempt: tx.remember(queue, attempt))


def attempt(store, id="i", queue=QUEUE):
    return store.run(lambda tx: tx.attempt(queue, id))


def test_an_attempt_comes_back_as_it_was_remembered(store):
    remember(store, an_attempt(asked="blå ' \" ", tasks=(("b", 1), ("-", 2**31), ("a", 1))))

    assert attempt(store) == an_attempt(asked="blå ' \" ", tasks=(("b", 1), ("-", 2**31), ("a", 1)))
    assert attempt(store, "j") is None


def test_an_attempt_replaces_the_one_that_had_its_id(store):
    remember(store, an_attempt(until=100), an_attempt(until=200, tasks=(("c", 3),)))

    assert attempt(store) == an_attempt(until=200, tasks=(("c", 3),))


def test_an_attempt_is_of_its_queue_even_of_one_that_has_never_had_a_task(store):
    other = QueueId("p", "other")

    remember(store, an_attempt(until=1))
    remember(store, an_attempt(until=2), queue=other)

    assert (attempt(store).until, attempt(store, queue=other).until) == (1, 2)
    assert attempt(store, queue=QueueId("q", "q")) is None


def test_attempts_are_forgotten_from_their_end_on_and_no_more_than_was_told(store):
    remember(
        store, *(an_attempt(id, until=until) for id, until in zip("abc", (10, 20, 30), strict=True))
    )

    assert store.run(lambda tx: tx.forget_attempts(now=9, limit=9)) == 0
    assert store.run(lambda tx: tx.forget_attempts(now=20, limit=1)) == 1
    assert store.run(lambda tx: tx.forget_attempts(now=20, limit=9)) == 1
    assert [attempt(store, id) for id in "ab"] == [None, None]
    assert attempt(store, "c") == an_attempt("c", until=30)


def test_an_attempt_of_a_unit_that_fails_was_never_made(store):
    def fail(tx):
        tx.remember(QUEUE, an_attempt())
        raise ZeroDivisionError

    with pytest.raises(StoreFailedError):
        store.run(fail)

    assert attempt(store) is None


def look(store, *, after="", limit=100, queue=QUEUE, **choices):
    return store.run(lambda tx: tx.look(queue, after=after, limit=limit, **choices))


def test_a_look_shows_every_name_by_its_bytes_whatever_became_of_it(store):
    leased, waiting = a_task("B", eta=10**15, retry_count=1), a_task("a", eta=10**15)
    put(store, a_task("_"), leased, waiting, a_task("-"))
    store.run(lambda tx: tx.bury(QUEUE, "-", until=5))

    assert look(store, with_payload=True) == [
        Kept(Tombstone("-", 5), 0),
        Kept(leased, 1),
        Kept(a_task("_"), 1),
        Kept(waiting, 1),
    ]


def test_a_look_tells_the_length_of_payloads_that_it_does_not_read(store):
    put(store, a_task("a", payload=b""), a_task("b", payload=b"\0" * 70_000))

    assert [(each.held.payload, each.payload_bytes) for each in look(store)] == [
        (None, 0),
        (None, 70_000),
    ]


def test_a_look_goes_on_after_a_name_there_or_not(store):
    put(store, *(a_task(name) for name in "acd"))

    assert [each.held.name for each in look(store, after="a", limit=1)] == ["c"]
    assert [each.held.name for each in look(store, after="b")] == ["c", "d"]
    assert look(store, after="d") == []
    assert look(store, queue=QueueId("p", "other")) == []


def test_queues_that_have_stored_something_are_listed_by_project_and_name(store):
    for queue in (QueueId("p", "b"), QueueId("p", "a"), QueueId("o", "z")):
        put(store, a_task(), queue=queue)
    store.run(lambda tx: tx.bury(QueueId("p", "a"), "a", until=None))
    store.run(lambda tx: (tx.count(QueueId("p", "asked")), tx.find(QueueId("p", "asked"), "a")))

    assert store.run(lambda tx: tx.queues()) == [("o", "z"), ("p", "a"), ("p", "b")]
    assert store.run(lambda tx: tx.queues("p")) == [("p", "a"), ("p", "b")]
    assert store.run(lambda tx: tx.queues("q")) == []


OTHER = QueueId("p", "other")


def fill(tx, queue=QUEUE):
    """Two tasks, a tombstone, leases and an attempt."""
    for name in "abc":
        tx.put(queue, a_task(name))
    tx.bury(queue, "c", until=500)
    tx.record_leases(queue, at=0, count=5, forget_before=0)
    tx.remember(queue, an_attempt())


def contents(tx, queue=QUEUE):
    """All that the verbs show of *queue*."""
    return (
        tx.look(queue, after="", limit=100, with_payload=True),
        tx.first(queue, limit=100),
        list(tx.available(queue, now=10**15, tag="")),
        tx.count(queue),
        tx.leases_between(queue, 0, 9),
        tx.attempt(queue, "i"),
        queue in tx.queues(),
    )


NOTHING = ([], [], [], 0, 0, None, False)


@pytest.mark.parametrize("queue", [QUEUE, None], ids=["a queue", "everything"])
def test_what_is_wiped_was_never_there(store, queue):
    store.run(fill)

    assert store.run(lambda tx: tx.wipe(queue)) == Wiped(2, 1)

    assert store.run(contents) == NOTHING
    assert store.run(lambda tx: (tx.sweep(now=10**15, limit=9), tx.wipe(queue))) == (0, (0, 0))


@pytest.mark.parametrize("queue", [QUEUE, None], ids=["a queue", "everything"])
def test_a_wiped_queue_can_be_filled_again(store, queue):
    store.run(fill)
    before = store.run(contents)

    store.run(lambda tx: (tx.wipe(queue), fill(tx)))

    assert store.run(contents) == before


def test_a_wipe_of_one_queue_leaves_the_others(store):
    for queue in (QUEUE, OTHER):
        store.run(lambda tx, queue=queue: fill(tx, queue))
    before = store.run(lambda tx: contents(tx, OTHER))

    store.run(lambda tx: tx.wipe(QUEUE))

    assert store.run(lambda tx: contents(tx, OTHER)) == before


def test_a_wipe_of_everything_counts_all_queues(store):
    store.run(lambda tx: (fill(tx), fill(tx, OTHER)))

    assert store.run(lambda tx: tx.wipe()) == Wiped(4, 2)

    assert store.run(lambda tx: tx.queues()) == []


def test_a_wipe_of_what_its_own_unit_stored_is_whole(store):
    assert store.run(lambda tx: (fill(tx), tx.wipe(QUEUE), contents(tx))[1:]) == (
        Wiped(2, 1),
        NOTHING,
    )
    assert store.run(contents) == NOTHING


@pytest.mark.parametrize("queue", [QUEUE, None], ids=["a queue", "everything"])
def test_a_wipe_of_a_unit_that_fails_leaves_no_trace(store, queue):
    store.run(fill)
    before = store.run(contents)

    def fail(tx):
        tx.wipe(queue)
        fill(tx, OTHER)  # which may be given what the wiped one had in the store
        tx.put(QUEUE, a_task("new"))
        raise ZeroDivisionError

    with pytest.raises(StoreFailedError):
        store.run(fail)

    assert store.run(contents) == before
    assert store.run(lambda tx: contents(tx, OTHER)) == NOTHING
    put(store, a_task("new"))
    assert store.run(lambda tx: tx.count(QUEUE)) == 3


def test_a_unit_that_fails_may_have_wiped_what_it_stored_itself(store):
    def fail(tx):
        fill(tx)
        tx.wipe(QUEUE)
        raise ZeroDivisionError

    with pytest.raises(StoreFailedError):
        store.run(fail)

    assert store.run(contents) == NOTHING
    put(store, a_task())
    assert store.run(lambda tx: tx.count(QUEUE)) == 1


A_CLOCK = ClockState(base=2**60, own=10**17, factor=1e-3, auto_jump=2**55, seen=10**17 + 1)


def clock(store):
    return store.run(lambda tx: tx.clock())


def test_a_store_has_no_clock_until_it_is_given_one(store):
    assert clock(store) is None

    store.run(lambda tx: tx.set_clock(A_CLOCK))

    assert clock(store) == A_CLOCK


def test_a_clock_takes_the_place_of_the_one_before_and_can_be_taken_away(store):
    store.run(lambda tx: tx.set_clock(A_CLOCK))
    store.run(lambda tx: tx.set_clock(ClockState(base=1, own=2)))
    assert clock(store) == ClockState(base=1, own=2)

    store.run(lambda tx: tx.set_clock(None))

    assert clock(store) is None


def test_a_clock_of_a_unit_that_fails_was_never_set(store):
    store.run(lambda tx: tx.set_clock(A_CLOCK))

    def fail(tx):
        tx.set_clock(None)
        raise ZeroDivisionError

    with pytest.raises(StoreFailedError):
        store.run(fail)

    assert clock(store) == A_CLOCK


def test_what_a_clock_showed_is_no_write(store):
    def look_and_refuse(tx):
        tx.saw(7)
        raise RefusedError(Code.UNKNOWN_TASK, "there is none")

    with pytest.raises(RefusedError):
        store.run(look_and_refuse)


@pytest.mark.parametrize("opened", [lambda path: open_sqlite(path, durability="off"), on_loop])
def test_what_a_clock_showed_when_something_was_stored_is_found_at_the_next_opening(
    opened, tmp_path
):
    state = ClockState(base=1, own=2)
    store = opened(tmp_path / "t.db")
    store.run(lambda tx: tx.set_clock(state))
    store.run(lambda tx: (tx.saw(7), tx.put(QUEUE, a_task("a"))))
    store.run(lambda tx: tx.saw(8))
    store.close()

    store = opened(tmp_path / "t.db")
    assert clock(store) == ClockState(base=1, own=2, seen=7)
    store.run(lambda tx: (tx.saw(9), tx.set_clock(None), tx.set_clock(state)))
    store.close()

    store = opened(tmp_path / "t.db")
    assert clock(store) == state
    store.close()


def test_a_tombstone_can_be_put_without_a_task(store):
    store.run(lambda tx: tx.put_tombstone(QUEUE, Tombstone("a", 100)))

    assert store.run(lambda tx: tx.find(QUEUE, "a")) == Tombstone("a", 100)
    assert store.run(lambda tx: (tx.count(QUEUE), tx.queues())) == (0, [QUEUE])
    assert store.run(lambda tx: tx.sweep(now=99, limit=9)) == 0
    assert store.run(lambda tx: tx.sweep(now=100, limit=9)) == 1


def test_a_tombstone_takes_no_name_that_is_taken(store):
    put(store, a_task())

    with pytest.raises(StoreFailedError):
        store.run(lambda tx: tx.put_tombstone(QUEUE, Tombstone("a", 100)))

    assert look(store, with_payload=True) == [Kept(a_task(), 1)]


def test_leases_are_told_second_by_second(store):
    def work(tx):
        for at, count in ((7_900_000, 1), (3_000_000, 2), (7_000_000, 4)):
            tx.record_leases(QUEUE, at=at, count=count, forget_before=0)
        return tx.lease_counts(QUEUE)

    expected = [(3_000_000, 2), (7_000_000, 5)]
    assert store.run(work) == expected
    assert store.run(lambda tx: tx.lease_counts(QUEUE)) == expected
    assert store.run(lambda tx: tx.leases_between(QUEUE, 0, 10**15)) == 7
    assert store.run(lambda tx: tx.lease_counts(OTHER)) == []


def test_all_attempts_are_told_by_id(store):
    for id in "bAa":
        store.run(lambda tx, id=id: tx.remember(QUEUE, an_attempt(id)))

    told = store.run(lambda tx: list(tx.attempts(QUEUE)))

    assert told == [an_attempt(id) for id in "Aab"]
    assert store.run(lambda tx: list(tx.attempts(OTHER))) == []


def test_a_view_has_all_that_was_answered_and_nothing_later(store):
    store.run(lambda tx: (fill(tx), tx.set_clock(A_CLOCK)))
    before = store.run(everything)

    with store.view() as view:
        store.run(lambda tx: (tx.wipe(), tx.set_clock(None), tx.put(OTHER, a_task("later"))))

        assert everything(view) == before
        assert everything(view) == before

    assert store.run(lambda tx: tx.queues()) == [OTHER]


def test_two_views_at_a_time_have_each_their_own_instant(store):
    with store.view() as first:
        put(store, a_task())
        with store.view() as second:
            store.run(lambda tx: tx.bury(QUEUE, "a", until=None))

            assert [len(view.look(QUEUE, after="", limit=9)) for view in (first, second)] == [0, 1]


def test_a_store_that_is_closed_has_no_view(store):
    store.close()

    with pytest.raises(StoreFailedError), store.view():
        pass


def everything(view):
    """All that a view shows."""
    return view.clock(), [
        (
            queue,
            view.look(queue, after="", limit=100, with_payload=True),
            view.lease_counts(queue),
            list(view.attempts(queue)),
        )
        for queue in view.queues()
    ]


def test_a_unit_sees_what_it_has_written(store):
    def work(tx):
        tx.put(QUEUE, a_task("a"))
        tx.put(QUEUE, a_task("b"))
        tx.bury(QUEUE, "a", until=9)
        tx.record_leases(QUEUE, at=0, count=5, forget_before=0)
        tx.remember(QUEUE, an_attempt())
        tx.set_clock(A_CLOCK)
        figures = tx.count(QUEUE), names(tx.first(QUEUE, limit=9)), tx.leases_between(QUEUE, 0, 9)
        return figures, tx.attempt(QUEUE, "i"), tx.clock()

    assert store.run(work) == ((1, ["b"], 5), an_attempt(), A_CLOCK)


def test_a_refusal_is_raised_to_its_caller(store):
    def refuse(tx):
        raise RefusedError(Code.UNKNOWN_TASK, "there is none")

    with pytest.raises(RefusedError, match="UNKNOWN_TASK"):
        store.run(refuse)


def test_a_unit_that_fails_after_writing_leaves_no_trace(store):
    new_queue = QueueId("p", "new")

    def fail(tx):
        tx.put(new_queue, a_task("a"))
        tx.record_leases(new_queue, at=0, count=5, forget_before=0)
        raise ZeroDivisionError("nobody foresaw this")

    with pytest.raises(StoreFailedError):
        store.run(fail)

    assert store.run(lambda tx: tx.find(new_queue, "a")) is None
    assert store.run(lambda tx: (tx.count(new_queue), tx.leases_between(new_queue, 0, 9))) == (0, 0)
    put(store, a_task("a"), queue=new_queue)
    assert store.run(lambda tx: tx.count(new_queue)) == 1


def test_a_refusal_after_a_write_is_a_failure_and_undone(store):
    def write_and_refuse(tx):
        tx.put(QUEUE, a_task("a"))
        raise RefusedError(Code.UNKNOWN_TASK, "too late")

    with pytest.raises(StoreFailedError):
        store.run(write_and_refuse)

    assert store.run(lambda tx: tx.find(QUEUE, "a")) is None


def test_a_closed_store_takes_no_more(store):
    store.close()
    store.close()

    with pytest.raises(StoreFailedError):
        store.run(lambda tx: None)


def hold(store: GroupCommit) -> threading.Event:
    """Keep the writer in a unit of its own until the event that is returned is set."""
    began, gate = threading.Event(), threading.Event()
    store.submit(lambda tx: began.set() or gate.wait(10), lambda outcome: None)
    assert began.wait(10)
    return gate


class Together:
    """Holds the writer until several units wait, so that they share a commit."""

    def __init__(self, store: GroupCommit) -> None:
        self._store = store
        self._outcomes: dict[int, object] = {}
        self._all = threading.Semaphore(0)

    def run(self, *units) -> list:
        gate = hold(self._store)
        for number, unit in enumerate(units):
            self._store.submit(unit, lambda outcome, n=number: self._settle(n, outcome))
        gate.set()
        for _ in units:
            assert self._all.acquire(timeout=10)
        return [self._outcomes[number] for number in range(len(units))]

    def _settle(self, number, outcome) -> None:
        self._outcomes[number] = outcome
        self._all.release()


def test_units_run_in_the_order_in_which_they_were_given(group):
    seen: list[int] = []

    Together(group).run(*(lambda tx, n=n: seen.append(n) for n in range(50)))

    assert seen == list(range(50))


def test_a_refusal_does_not_disturb_its_neighbours(group):
    def refuse(tx):
        raise RefusedError(Code.UNKNOWN_TASK, "there is none")

    outcomes = Together(group).run(
        lambda tx: tx.put(QUEUE, a_task("a")), refuse, lambda tx: tx.put(QUEUE, a_task("b"))
    )

    assert [type(each.error) for each in outcomes] == [type(None), RefusedError, type(None)]
    assert names(available(group, 100)) == ["a", "b"]


def test_a_failure_nobody_foresaw_does_not_disturb_its_neighbours(group):
    def fail(tx):
        tx.put(QUEUE, a_task("c"))
        raise ZeroDivisionError

    outcomes = Together(group).run(
        lambda tx: tx.put(QUEUE, a_task("a")), fail, lambda tx: tx.put(QUEUE, a_task("b"))
    )

    assert [type(each.error) for each in outcomes] == [type(None), StoreFailedError, type(None)]
    assert names(available(group, 100)) == ["a", "b"]
    assert group.run(lambda tx: tx.count(QUEUE)) == 2


@pytest.mark.parametrize("queue", [QUEUE, None], ids=["a queue", "everything"])
def test_a_wipe_takes_what_came_before_it_in_its_commit_and_nothing_after(group, queue):
    group.run(lambda tx: tx.put(QUEUE, a_task("stored")))

    outcomes = Together(group).run(
        lambda tx: tx.put(QUEUE, a_task("before")),
        lambda tx: tx.record_leases(QUEUE, at=0, count=5, forget_before=0),
        lambda tx: tx.wipe(queue),
        lambda tx: fill(tx, OTHER),
        lambda tx: tx.put(QUEUE, a_task("after")),
        lambda tx: tx.record_leases(QUEUE, at=0, count=1, forget_before=0),
    )

    assert outcomes[2].value == Wiped(2, 0)
    assert [each.held.name for each in look(group)] == ["after"]
    assert group.run(lambda tx: (tx.count(QUEUE), tx.leases_between(QUEUE, 0, 9))) == (1, 1)
    assert group.run(lambda tx: (tx.count(OTHER), tx.leases_between(OTHER, 0, 9))) == (2, 5)


def test_many_tasks_of_one_unit_are_written_as_they_come(group):
    names_ = [f"{number:03}" for number in range(200)]

    def work(tx):
        for name in names_:
            tx.put(QUEUE, a_task(name))
        return tx.count(QUEUE)

    assert group.run(work) == 200
    assert [each.held.name for each in look(group, limit=300)] == names_
    assert group.run(lambda tx: tx.count(QUEUE)) == 200


def test_a_wipe_whose_commit_another_unit_spoils_is_done_alone(group):
    group.run(fill)

    def fail(tx):
        tx.put(OTHER, a_task())
        raise ZeroDivisionError

    outcomes = Together(group).run(
        lambda tx: tx.put(QUEUE, a_task("before")), lambda tx: tx.wipe(QUEUE), fail
    )

    assert outcomes[1].value == Wiped(3, 1)
    assert group.run(contents) == NOTHING
    assert group.run(lambda tx: contents(tx, OTHER)) == NOTHING


def test_closing_finishes_what_is_queued(group):
    settled: list[object] = []
    gate = hold(group)
    for number in range(20):
        group.submit(lambda tx, n=number: n, lambda outcome: settled.append(outcome.value))

    gate.set()
    group.close()

    assert settled == list(range(20))


def test_a_caller_that_fails_to_take_its_outcome_harms_nobody(group, caplog):
    def take(outcome):
        raise ZeroDivisionError

    group.submit(lambda tx: None, take)

    assert group.run(lambda tx: 7) == 7
    assert "failed to take its outcome" in caplog.text


class CountingSession(SqliteSession):
    """Notes when commits happen, and can be told to fail one."""

    def __init__(self) -> None:
        super().__init__(None, "full")
        self.events: list[str] = []
        self.failing_commits = 0

    def commit(self) -> None:
        if self.failing_commits:
            self.failing_commits -= 1
            raise OSError("disk full")
        super().commit()
        self.events.append("commit")


@pytest.fixture(params=["thread", "loop"])
def counting(request):
    session = CountingSession()
    store = {
        "thread": lambda: GroupCommit(session),
        "loop": lambda: Looped(lambda loop: LoopCommit(session, loop)),
    }[request.param]()
    yield session, store
    store.close()


def test_many_units_share_one_commit_and_none_is_answered_before_it(counting):
    session, store = counting
    gate = hold(store)
    done = threading.Event()
    for number in range(40):
        store.submit(
            lambda tx, n=number: tx.put(QUEUE, a_task(f"t{n}")),
            lambda outcome: session.events.append("answer"),
        )
    store.submit(lambda tx: None, lambda outcome: done.set())

    gate.set()
    assert done.wait(10)

    assert session.events == ["commit", "commit", *["answer"] * 40]


def test_a_commit_that_fails_is_tried_again_unit_by_unit(counting):
    session, store = counting
    session.failing_commits = 1

    put(store, a_task("a"))

    assert names(available(store, 100)) == ["a"]


def test_a_disk_that_keeps_failing_is_said_so_and_nothing_is_kept(counting):
    session, store = counting
    session.failing_commits = 2

    with pytest.raises(StoreFailedError, match="disk full"):
        put(store, a_task("a"))

    assert available(store, 100) == []
    put(store, a_task("a"))
    assert names(available(store, 100)) == ["a"]


def test_a_writer_that_dies_leaves_nobody_waiting(counting, caplog):
    session, store = counting
    gate = hold(store)
    outcomes: list[object] = []
    answered = threading.Semaphore(0)

    def take(outcome):
        outcomes.append(outcome.error)
        answered.release()

    def fail():
        raise OSError("the disk is gone")

    session.failing_commits = 2
    session.rollback = fail
    for _ in range(3):
        store.submit(lambda tx: None, take)
    gate.set()
    for _ in range(3):
        assert answered.acquire(timeout=10)

    assert {type(each) for each in outcomes} == {StoreFailedError}
    with pytest.raises(StoreFailedError, match="closed"):
        store.run(lambda tx: None)
    assert "nothing more is stored" in caplog.text


def test_when_too_much_waits_more_is_refused_at_once():
    store = GroupCommit(CountingSession(), most_waiting=100)
    gate = hold(store)
    last = threading.Event()
    for _ in range(99):
        store.submit(lambda tx: None, lambda outcome: None)
    store.submit(lambda tx: None, lambda outcome: last.set())

    with pytest.raises(OverloadedError):
        store.submit(lambda tx: None, lambda outcome: None)

    gate.set()
    assert last.wait(10)
    assert store.run(lambda tx: 7) == 7
    store.close()
