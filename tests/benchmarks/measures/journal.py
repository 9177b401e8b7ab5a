"""What the journal costs: one server under one load, with a journal and without in short turns.

Two servers differ by more than that, even if they run one after the other.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.measures.figures import Figures
from tests.benchmarks.measures.peak import connected, send, tasks_stored
from tests.benchmarks.peers import ours, serving
from tests.benchmarks.running import Running
from tests.benchmarks.wrk import Load, Result, put_under_load, warm_up

_LONGER = 6
_TURN_SECONDS = 1  # long, beside the tenth of one in which the journal fills again


class _Turns:
    """All turns of one kind, together."""

    def __init__(self, journal: int) -> None:
        self._journal = journal
        self._tasks = 0
        self._seconds = 0.0
        self._cpu = 0.0

    def take(self, server: Running, load: Future[Result]) -> None:
        """Have one more, unless *load* ends meanwhile."""
        _resize(server.port, self._journal)
        before = tasks_stored(server.port), time.monotonic(), server.cpu_seconds()
        time.sleep(_TURN_SECONDS)
        after = tasks_stored(server.port), time.monotonic(), server.cpu_seconds()
        if not load.done():
            self._tasks += after[0] - before[0]
            self._seconds += after[1] - before[1]
            self._cpu += after[2] - before[2]

    def figures(self) -> tuple[float, float]:
        """Tasks a second, and seconds of processor time for one."""
        if not self._tasks:
            raise SpoiledError("nothing was stored")
        return self._tasks / self._seconds, self._cpu / self._tasks


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
        while not load.done():
            kept.take(server, load)
            none.take(server, load)
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
