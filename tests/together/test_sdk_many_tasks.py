"""Batches, insert_many and kept leases against a running server, also where answers are lost."""

from __future__ import annotations

import gc
import itertools
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator

import pytest

from emulator.testing import Server
from tests.together.relay import Fate, Relay, relay_to
from tqsdk import (
    Attempt,
    Client,
    DeleteReport,
    InsertReport,
    LeaseLostError,
    NewTask,
    Queue,
    RetryPolicy,
    Task,
    TaskNotFoundError,
)

_AT_ONCE = RetryPolicy(base=0)
_LOSSES = [Fate.LOST, Fate.UNANSWERED, Fate.CUT_IN_HEAD, Fate.CUT_IN_BODY, Fate.RESET]


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with relay_to(*server.address) as relay:
        yield relay


@pytest.fixture
def far(relay: Relay, project: str) -> Iterator[Client]:
    """A client behind the relay."""
    with Client(project, endpoint=relay.url, retry=_AT_ONCE) as client:
        yield client


def all_payloads(queue: Queue) -> list[bytes]:
    """The payloads of all that can be leased, in the order of the leases."""
    return [lease.payload for lease in queue.lease_iter(max_tasks=1000, seconds=600)]


class TestBatch:
    def test_calls_of_all_kinds_have_their_results(self, client, queue):
        queue.insert(b"old", name="old")

        with client.batch() as batch:
            new = batch.insert(queue, "hello", name="new", tag="red")
            old = batch.get(queue, "old")
            none = batch.get(queue, "none")
            gone = batch.delete(queue, "gone", missing_ok=True)
            stats = batch.stats(queue)
            tasks = batch.list(queue)

        assert (new.result().name, old.result().payload) == ("new", b"old")
        assert isinstance(none.error, TaskNotFoundError)
        assert gone.result() is None
        assert stats.result().total_tasks == 2
        assert {task.name for task in tasks.result()} == {"new", "old"}

    def test_leases_are_given_renewed_and_deleted_together(self, client, queue):
        queue.insert_many(["x"] * 20)

        with client.batch() as batch:
            leased = batch.lease(queue, max_tasks=20)
        with client.batch() as batch:
            for lease in leased.result():
                batch.renew(lease, 600)
        assert all(lease.seconds_left > 500 for lease in leased.result())
        with client.batch() as batch:
            for lease in leased.result():
                batch.delete(lease)

        assert queue.list() == []

    def test_payloads_come_back_byte_for_byte(self, client, queue):
        payloads = [bytes(range(256)) * 8, b"", b"\r\n--batch_\r\n\r\n", b"\xff" * 2**20]

        with client.batch() as batch:
            for payload in payloads:
                batch.insert(queue, payload)

        assert sorted(all_payloads(queue)) == sorted(payloads)

    @pytest.mark.parametrize("fate", _LOSSES)
    def test_a_lost_answer_duplicates_and_loses_nothing(self, relay, far, queue, fate):
        relay.will(fate)
        there = far.queue("q1")

        with far.batch() as batch:
            planned = [batch.insert(there, str(number)) for number in range(50)]

        assert [each.error for each in planned if each.error] == []
        assert all_payloads(queue) == [str(number).encode() for number in range(50)]

    def test_leases_whose_answer_was_lost_are_deleted(self, relay, far, queue):
        queue.insert_many(["x"] * 50)
        leases = far.queue("q1").lease(max_tasks=50)
        relay.will(Fate.UNANSWERED)

        with far.batch() as batch:
            planned = [batch.delete(lease) for lease in leases]

        assert [each.error for each in planned if each.error] == []
        assert queue.list() == []


class TestManyTasks:
    def test_what_is_inserted_is_leased_in_its_order(self, queue):
        numbers = [str(number).encode() for number in range(1200)]

        report = queue.insert_many(iter(numbers), concurrency=1)

        assert report == InsertReport(stored=1200)
        assert all_payloads(queue) == numbers

    def test_a_second_run_finds_duplicates(self, queue):
        tasks = [NewTask("x", name=f"task-{number}") for number in range(300)]
        queue.insert_many(tasks[:100])

        report = queue.insert_many(tasks)

        assert report == InsertReport(stored=200, duplicates=100)

    def test_every_tenth_answer_lost_leaves_exactly_what_was_inserted(self, relay, far, queue):
        relay.will(*_every_tenth(requests=40))
        tasks = [str(number) for number in range(2000)]

        reports = [
            far.queue("q1").insert_many(tasks[start : start + 100], concurrency=2)
            for start in range(0, 2000, 100)
        ]

        assert sum(report.stored for report in reports) == 2000
        assert Counter(all_payloads(queue)) == Counter(task.encode() for task in tasks)

    def test_every_tenth_answer_lost_deletes_all(self, relay, far, queue):
        names = [task.name for task in _insert(queue, 300)]
        relay.will(*_every_tenth(requests=10))

        report = far.queue("q1").delete_many([*names, "none"])

        assert report == DeleteReport(deleted=300, missing=1)
        assert queue.stats().total_tasks == 0

    def test_leases_go_on_until_the_queue_is_empty(self, queue):
        queue.insert_many([str(number) for number in range(25)])

        for lease in queue.lease_iter(max_tasks=10):
            lease.delete()

        assert queue.stats().total_tasks == 0

    def test_who_stops_in_between_gives_back_what_he_did_not_get(self, queue):
        queue.insert_many([str(number) for number in range(10)], concurrency=1)
        leases = queue.lease_iter(max_tasks=10, seconds=600)

        got = [lease.name for lease in itertools.islice(leases, 3)]
        leases.close()

        assert len(got) == 3
        assert len(queue.lease(max_tasks=10)) == 7

    def test_memory_stays_flat(self, queue):
        few = _peak_of_inserting(queue, 16, size=2**18)
        many = _peak_of_inserting(queue, 128, size=2**18)

        assert many < 1.5 * few

    @pytest.mark.soak
    def test_memory_stays_flat_in_the_long_run(self, queue):
        few = _peak_of_inserting(queue, 5_000, size=100)
        many = _peak_of_inserting(queue, 100_000, size=100)

        assert many < 1.5 * few

    @pytest.mark.soak
    def test_20000_inserts_with_every_tenth_answer_lost(self, relay, far, queue):
        relay.will(*_every_tenth(requests=400))

        stored = sum(
            far.queue("q1").insert_many([str(n) for n in range(start, start + 50)]).stored
            for start in range(0, 20_000, 50)
        )

        assert stored == 20_000
        assert Counter(all_payloads(queue)) == Counter(str(n).encode() for n in range(20_000))


class TestKeepAlive:
    @pytest.fixture
    def renewals(self):
        """Counts the renewals of ``watched``."""
        return Renewals()

    @pytest.fixture
    def watched(self, server: Server, project: str, renewals) -> Iterator[Client]:
        with Client(project, endpoint=server.url, on_attempt=renewals) as client:
            yield client

    def test_leases_are_renewed_while_the_block_runs(self, watched, queue, renewals):
        queue.insert_many(["x"] * 3)
        leases = watched.queue("q1").lease(max_tasks=3, seconds=1)

        with leases.keep_alive(1) as kept:
            assert renewals.reach(3 * 4, within=10)

            assert len(queue.lease()) == 0
            for lease in leases:
                lease.delete()

        assert (kept.lost, queue.list()) == ((), [])

    def test_a_lost_lease_is_told_and_raised(self, watched, queue):
        task = queue.insert("x")
        [lease] = watched.queue("q1").lease(seconds=1)
        told = threading.Event()

        def work() -> None:
            with lease.keep_alive(1, on_lost=lambda lost: told.set()) as kept:
                queue.delete(task.name)
                assert told.wait(10)
                assert kept.lost == (lease,)

        with pytest.raises(LeaseLostError) as caught:
            work()

        assert caught.value.task == task.name

    def test_an_error_of_the_block_goes_before_that_of_the_lease(self, watched, queue):
        queue.insert("x", name="a")
        [lease] = watched.queue("q1").lease(seconds=1)
        told = threading.Event()

        def work() -> None:
            with lease.keep_alive(1, on_lost=lambda lost: told.set()):
                queue.delete("a")
                assert told.wait(10)
                raise KeyError("mine")

        with pytest.raises(KeyError):
            work()

    def test_one_thread_keeps_all_and_ends_with_the_last(self, watched, queue, renewals):
        queue.insert_many(["x"] * 2)
        one, two = watched.queue("q1").lease(max_tasks=2, seconds=60)

        with one.keep_alive(120):
            assert renewals.reach(1, within=10)
            [keeper] = _keepers()
            with two.keep_alive(120):
                assert renewals.reach(2, within=10)
                assert _keepers() == [keeper]
        keeper.join(10)

        assert _keepers() == []
        with one.keep_alive(240):
            assert renewals.reach(3, within=10)

    def test_a_lease_can_be_released_right_after_the_block(self, watched, queue, renewals):
        queue.insert("x", name="a")
        [lease] = watched.queue("q1").lease(seconds=60)

        with lease.keep_alive(600):
            pass  # the first renewal may be on its way now
        lease.release()

        assert len(queue.lease()) == 1


class Renewals:
    """A hook that counts the renewals that the server granted."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __call__(self, attempt: Attempt) -> None:
        if attempt.operation.endswith("update") and attempt.outcome == "200":
            with self._changed:
                self._count += 1
                self._changed.notify_all()

    def reach(self, count: int, *, within: float) -> bool:
        """Whether there are *count* of them, waiting up to *within* seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, within)


def _keepers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "tqsdk-keeper"]


def _every_tenth(*, requests: int) -> list[Fate]:
    return [Fate.UNANSWERED if number % 10 == 9 else Fate.ARRIVES for number in range(requests)]


def _insert(queue: Queue, count: int) -> list[Task]:
    with queue._client.batch() as batch:
        planned = [batch.insert(queue, b"x") for _ in range(count)]
    return [each.result() for each in planned]


def _peak_of_inserting(queue: Queue, count: int, *, size: int) -> int:
    """The most memory that was in use, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        queue.insert_many((bytes(size) for _ in range(count)), concurrency=1)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
