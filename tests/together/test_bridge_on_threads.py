"""Many threads on two queues that have all tasks in common: is any task given twice?"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest

from tqsdk import Client, NewTask
from tqsdk.migrate.bridge import Bridge, Mode

COUNT = 120
THREADS = 6


@pytest.mark.parametrize("modes", [(Mode.BACK, Mode.DUAL), (Mode.DUAL, Mode.DRAIN)])
def test_each_task_is_done_once_while_some_have_switched_and_others_not(server, project, modes):
    with Client(project, endpoint=server.url) as client:
        old, new = client.queue("old"), client.queue("new")
        # Copies that can be leased at once: the worst there may be.
        inserting = Bridge(old, new, mode=Mode.DUAL, grace=0.001)
        inserting.insert_many(NewTask("", name=f"t-{number}") for number in range(COUNT))
        new.insert_many(NewTask("", name=f"new-{number}") for number in range(COUNT // 4))
        bridges = [Bridge(old, new, mode=mode) for mode, _ in zip(cycle(modes), range(THREADS))]

        with ThreadPoolExecutor(THREADS) as pool:
            done = Counter(name for names in pool.map(work, bridges) for name in names)

        assert max(done.values()) == 1
        # What was held back is leased for a while: it may be all that is left of a thread's turn.
        assert {name for name in done if name.startswith("t-")} == {f"t-{n}" for n in range(COUNT)}
        assert old.list() == []
        assert {task.name for task in new.list()}.isdisjoint(done)
        assert sum(bridge.counters["held_back"] + bridge.counters["gone"] for bridge in bridges)


def work(bridge):
    done = []
    for lease in bridge.lease_iter(max_tasks=7, seconds=60):
        done.append(lease.name)
        lease.delete()
    return done
