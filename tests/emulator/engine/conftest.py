"""A queue on a clock that only the test moves."""

from __future__ import annotations

import pytest

from emulator.storage.sqlite import open_sqlite
from tests.emulator.engine.one_queue import OneQueue


@pytest.fixture
def a_queue():
    """Makes a queue, over a store of its own in memory; takes what ``OneQueue`` takes."""
    stores = []

    def make(**choices) -> OneQueue:
        stores.append(open_sqlite(None, durability="off"))
        return OneQueue(stores[-1], **choices)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def queue(a_queue) -> OneQueue:
    """A queue as it is without any configuration."""
    return a_queue()
