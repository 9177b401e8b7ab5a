"""Thousands of inserts and leases through a proxy that loses every tenth answer, after the commit.

``make soak`` does it with ten times as many as ``make test``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import cycle

import pytest

from tests.together.drivers import PATIENCE, SDK_DRIVERS, Driver, MakeDriver
from tests.together.faults import Trouble, trouble_with
from tests.together.relay import EVERY_TENTH_LOST, relay_to

WORKERS = 4


@pytest.mark.parametrize("make_driver", SDK_DRIVERS.values(), ids=SDK_DRIVERS)
@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_no_task_is_stored_twice_and_none_leased_twice(server, project, queue, make_driver, count):
    with relay_to(*server.address) as relay, trouble_with(relay) as trouble:
        relay.will_always(cycle(EVERY_TENTH_LOST))
        work = Work(make_driver, trouble, project)

        stored = work.repeat(count, lambda driver: [driver.insert(None)])
        assert len(set(stored)) == count
        assert queue.stats().total_tasks == count

        leased = work.repeat(count, lambda driver: [each.name for each in driver.lease()])
        sent = len(relay.seen)

    assert sent > 2.2 * count  # what was lost was sent again
    assert sorted(leased) == sorted(stored)
    # As many leases as tasks, and each task has had one: so no retry_count is above 1.
    assert queue.stats().leased_last_hour == count
    assert {task.retry_count for task in queue.list()} == {1}


class Work:
    """Some threads, each with a client of its own."""

    def __init__(self, make_driver: MakeDriver, trouble: Trouble, project: str) -> None:
        self._make_driver = make_driver
        self._trouble = trouble
        self._project = project

    def repeat(self, count: int, operation: Callable[[Driver], list[str]]) -> list[str]:
        """Do *operation* so often, shared among the threads; all that it returned."""

        def work(share: int) -> list[str]:
            driver = self._make_driver(self._trouble, self._project, "q1", PATIENCE)
            with closing(driver):
                return [name for _ in range(share) for name in operation(driver)]

        with ThreadPoolExecutor(WORKERS) as threads:
            results = threads.map(work, [count // WORKERS] * WORKERS)
            return [name for names in results for name in names]
