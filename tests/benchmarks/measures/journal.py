"""What the journal costs: one server under one load, with a journal and without in short turns.

Two servers differ by more than that, even if they run one after the other.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from statistics import median

from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.measures.figures import Figures
from tests.benchmarks.measures.peak import connected, send, tasks_stored
from tests.benchmarks.peers import ours, serving
from tests.benchmarks.running import Running
from tests.benchmarks.wrk import Load, Result, put_under_load, warm_up

_LONGER = 5
_TURN_SECONDS = 0.25  # long, beside the tenth of a second in which the journal fills again


class _Turns:
    """All turns of one kind."""

    def __init__(self, journal: int) -> None:
        self._journal = journal
        self._rates: list[float] = []
        self._cpu: list[float] = []

    def take(self, server: Running, load: Future[Result]) -> None:
        """Have one more, unless *load* ends meanwhile."""
        _resize(server.port, self._journal)
        before = tasks_stored(server.port), time.monotonic(), server.cpu_seconds()
        time.sleep(_TURN_SECONDS)
        after = tasks_stored(server.port), time.monotonic(), server.cpu_seconds()
        tasks, seconds, cpu = (then - first for first, then in zip(before, after, strict=True))
        if tasks and not load.done():
            self._rates.append(tasks / seconds)
            self._cpu.append(cpu / tasks)

    def figures(self) -> tuple[float, float]:
        """Tasks a second, and seconds of processor time for one: those of the turn in the middle.

        A moment in which the disk stood still is of one kind of turn by chance.
        """
        if not self._rates:
            raise SpoiledError("nothing was stored")
        return median(self._rates), median(self._cpu)


def insert_in_turns(bench: Bench) -> Figures:
    """One task per request, with the journal and without."""
    with serving(bench.ours_with_journal, bench.folder) as server, ThreadPoolExecutor(1) as beside:
        warm_up(server, ours.insert(), connections=bench.connections, seconds=1)
        load = beside.submit(
            put_under_load,
            server,
            ours.insert(),
            connections=bench.connections,
            seconds=_LONGER * bench.seconds,
            warm_seconds=0,
        )
        kept, none = _Turns(bench.ours_with_journal.journal or 0), _Turns(0)
        order = (kept, none)
        while not load.done():
            for turns in order:
                turns.take(server, load)
            order = order[::-1]  # or one kind would be the earlier of each pair
        load.result()
    rate, cpu = kept.figures()
    bare_rate, bare_cpu = none.figures()
    return {
        "rate": rate,
        "cpu": cpu,
        "bare_rate": bare_rate,
        "bare_cpu": bare_cpu,
    }


def _resize(port: int, size: int) -> None:
    with closing(connected(port)) as connection:
        send(connection, Load(f"/_emulator/v1/journal/resize?size={size}"))
