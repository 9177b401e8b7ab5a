"""What a commit costs on the event loop: statements, commits and hand-overs between threads."""

from __future__ import annotations

import asyncio

import pytest

from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.errors import OverloadedError, StoreFailedError
from emulator.engine.model import QueueId
from emulator.storage.loop_commit import LoopCommit
from emulator.storage.sqlite import SqliteSession

QUEUE = QueueId("p", "q")


class Counted:
    """A store on a loop that runs when the test says so; counts what crosses threads."""

    def __init__(self, **options) -> None:
        self.loop = asyncio.new_event_loop()
        self.session = SqliteSession(None, "full")
        self.store = LoopCommit(self.session, self.loop, **options)
        self.engine = Engine(VirtualClock())
        self.statements: list[str] = []
        self.session._connection.set_trace_callback(self.statements.append)
        self.wake_ups = 0
        wake_up = self.loop.call_soon_threadsafe

        def counting(*args, **options):
            self.wake_ups += 1
            return wake_up(*args, **options)

        self.loop.call_soon_threadsafe = counting
        self.done: list[object] = []

    def submit(self, count: int) -> None:
        for _ in range(count):
            self.store.submit(self.engine.insert(QUEUE, payload=b"x"), self.done.append)

    def run_until_done(self, count: int) -> None:
        async def wait() -> None:
            while len(self.done) < count:
                await asyncio.sleep(0)

        self.loop.run_until_complete(asyncio.wait_for(wait(), 10))

    @property
    def commits(self) -> int:
        return self.statements.count("COMMIT")

    def close(self) -> None:
        self.store.close()
        self.loop.close()


@pytest.fixture
def counted():
    made = Counted()
    yield made
    made.close()


def test_a_lone_request_crosses_no_thread(counted):
    counted.submit(1)
    counted.run_until_done(1)

    assert (counted.commits, counted.wake_ups) == (1, 0)


@pytest.mark.parametrize("count", [2, 50, 500])
def test_requests_that_arrive_together_share_a_commit_and_one_hand_over(counted, count):
    counted.submit(count)
    counted.run_until_done(count)

    assert (counted.commits, counted.wake_ups) == (1, 1)


def test_what_arrives_during_a_commit_shares_the_next(counted):
    counted.submit(2)
    counted.store._loop.call_soon(counted.submit, 30)

    counted.run_until_done(32)

    assert counted.commits == 2
    assert all(outcome.error is None for outcome in counted.done)


def test_no_commit_is_larger_than_it_may_be():
    counted = Counted(most_per_commit=10)

    counted.submit(25)
    counted.run_until_done(25)

    assert counted.commits == 3
    counted.close()


def test_when_too_much_waits_more_is_refused_at_once():
    counted = Counted(most_waiting=3)
    counted.submit(3)

    with pytest.raises(OverloadedError):
        counted.submit(1)

    counted.run_until_done(3)
    counted.close()


def test_closing_finishes_what_waits(counted):
    counted.submit(3)

    counted.store.close()

    assert [outcome.error for outcome in counted.done] == [None] * 3
    with pytest.raises(StoreFailedError, match="closed"):
        counted.submit(1)
    with pytest.raises(StoreFailedError, match="closed"):
        counted.store.run(lambda tx: None)
