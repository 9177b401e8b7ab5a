"""Waiting for what the units of others do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from emulator.control.watched_store import WatchedStore
from emulator.engine.errors import StoreFailedError
from emulator.storage.sqlite import open_sqlite


@pytest.fixture
def store():
    opened = WatchedStore(open_sqlite(None, durability="off"))
    yield opened
    opened.close()


def nothing(tx):
    """A unit that does nothing."""


def test_what_is_there_already_is_not_waited_for(store):
    assert store.wait(lambda tx: 7, lambda found: found == 7, seconds=0) == 7


def test_when_time_is_up_it_tells_what_is_there(store):
    assert store.wait(lambda tx: 7, lambda found: False, seconds=0) == 7


@pytest.mark.parametrize("how", ["run", "submit"])
def test_it_looks_again_after_each_unit_of_others(store, how):
    looks = []
    looked = threading.Semaphore(0)

    def look(tx):
        looks.append(len(looks))
        looked.release()
        return len(looks)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.wait, look, lambda count: count == 3, seconds=60)
        for _ in range(2):
            assert looked.acquire(timeout=10)
            store.run(nothing) if how == "run" else store.submit(nothing, lambda outcome: None)

        assert waiting.result(10) == 3


def test_a_unit_that_was_submitted_before_is_seen(store):
    counted = []

    store.submit(lambda tx: counted.append(1), lambda outcome: None)

    assert store.wait(lambda tx: len(counted), lambda count: count == 1, seconds=60) == 1


def test_who_waits_is_refused_when_the_store_closes(store):
    looked = threading.Event()

    def look(tx):
        looked.set()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.wait, look, lambda found: False, seconds=60)
        assert looked.wait(10)
        store.close()

        with pytest.raises(StoreFailedError):
            waiting.result(10)


def test_a_unit_that_nobody_waits_for_is_handed_on_as_it_is():
    handed_on = []

    class Store:
        def submit(self, work, done):
            handed_on.append((work, done))

    def done(outcome):
        pass

    WatchedStore(Store()).submit(nothing, done)

    assert handed_on == [(nothing, done)]
