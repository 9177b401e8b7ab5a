"""Our side of the table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks import machine
from tests.benchmarks.backlog import tag
from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.measures.figures import Figures, loaded, rates, result, settled_memory
from tests.benchmarks.measures.journal import insert_in_turns
from tests.benchmarks.measures.peak import peak_twice, tasks_stored
from tests.benchmarks.peers import ours, serving
from tests.benchmarks.running import Running
from tests.benchmarks.wrk import Result, put_under_load, warm_up

_ROOT = Path(__file__).parents[3]

# Enough to consume from at any speed that we may reach.
_TO_CONSUME_PER_SECOND = 12_000

TO_LEASE = 3_000
"""For leases of many: beside what a peer hides for a second, its least, there must be enough."""

MIXED_BACKLOG = 2_000
"""For mixed loads: more tasks than connections, so that no lease comes back empty."""

FEW = 1_000
SMALL_PAYLOAD = 200

_TURN_SECONDS = 1
_LONGER = 2


def insert(bench: Bench, *, connections: int | None = None) -> Figures:
    """One task per request."""
    return loaded(bench, bench.ours, ours.insert(), connections=connections)


def insert_batches(bench: Bench, size: int, *, connections: int | None = None) -> Figures:
    """*size* tasks per request."""
    with serving(bench.ours, bench.folder) as server:
        found = result(bench, server, ours.insert_batch(size), connections=connections)
        tasks = found.requests * size
        # A batch is a 200 whatever became of its parts.
        if tasks_stored(server.port) < tasks:
            raise SpoiledError("parts of the batches were refused")
    return rates(found, tasks=tasks)


def lease_many(bench: Bench, size: int, *, connections: int | None = None) -> Figures:
    """*size* tasks per request, out of a backlog that stays what it is."""
    fill = bench.sharing(TO_LEASE)
    with serving(bench.ours, bench.folder, fill=fill) as server:
        found = result(bench, server, ours.lease(size), connections=connections)
    return rates(found, tasks=found.tasks)


def lease_from(bench: Bench, count: int) -> Figures:
    """One task per request over one connection, out of *count*: by order, then by tag."""
    fill = bench.sharing(count, SMALL_PAYLOAD)
    with serving(bench.ours, bench.folder, fill=fill) as server:
        idle = settled_memory(server)
        by_order = result(bench, server, ours.lease(1), connections=1)
        by_tag = result(bench, server, ours.lease(1, tag=tag(7)), connections=1)
        used = server.resident_bytes()
    return {
        "p50": by_order.p50,
        "tag_p50": by_tag.p50,
        "idle_bytes": idle,
        "used_bytes": used,
    }


def _insert_with_tokens_in_turns(bench: Bench) -> Figures:
    """One task per request, to a server that asks for tokens, and to one that does not.

    They take turns of a second, so that whatever the machine does besides, it does to both.
    """
    with (
        serving(bench.ours_with_tokens, bench.folder) as asking,
        serving(bench.ours, bench.folder) as bare,
    ):
        sides = ((asking, ours.insert(folder=asking.folder)), (bare, ours.insert()))
        for server, load in sides:
            warm_up(server, load, connections=bench.connections, seconds=1)
        turns: dict[Running, list[Result]] = {asking: [], bare: []}
        for _ in range(max(1, round(bench.seconds * _LONGER))):
            for server, load in sides:
                turn = put_under_load(
                    server,
                    load,
                    connections=bench.connections,
                    seconds=_TURN_SECONDS,
                    warm_seconds=0,
                )
                turns[server].append(turn)
            sides = sides[::-1]
    (rate, cpu), (bare_rate, bare_cpu) = map(_rate_and_cpu, turns.values())
    return {"rate": rate, "cpu": cpu, "bare_rate": bare_rate, "bare_cpu": bare_cpu}


def _rate_and_cpu(turns: Sequence[Result]) -> tuple[float, float]:
    """Tasks a second, and seconds of processor time for one, of all *turns* together."""
    tasks = sum(turn.requests for turn in turns)
    seconds = sum(turn.seconds for turn in turns)
    return tasks / seconds, sum(turn.server_cpu for turn in turns) / tasks


def _insert_one_by_one(bench: Bench) -> Figures:
    before = machine.flush_seconds(bench.folder, seconds=1)
    figures = insert(bench, connections=1)
    after = machine.flush_seconds(bench.folder, seconds=1)
    return {**figures, "flush": (before + after) / 2}


def _consume(bench: Bench) -> Figures:
    count = int(_TO_CONSUME_PER_SECOND * (bench.seconds + 1))
    with serving(bench.ours, bench.folder, fill=bench.copying(count)) as server:
        found = result(bench, server, ours.consume())
    return rates(found, tasks=found.tasks)


def _lease_from_many(bench: Bench) -> Figures:
    return lease_from(bench, bench.many)


def _start(bench: Bench) -> Figures:
    with serving(bench.ours, bench.folder) as server:
        return {"start": server.start_seconds, "idle_bytes": settled_memory(server)}


def _fixture(bench: Bench, *, mode: str) -> Figures:
    """The server of a test: the first time in a program, import included, and the next times."""
    command = [sys.executable, "-m", "tests.benchmarks.fixture_start", mode]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SpoiledError(f"the server of a test did not start: {done.stderr[-500:]}")
    figures: Figures = json.loads(done.stdout)
    return figures


MEASURES: Mapping[str, Callable[[Bench], Figures]] = {
    "ours/insert": insert,
    "ours/insert, 16 connections": partial(insert, connections=16),
    "ours/insert, 1 connection": _insert_one_by_one,
    "ours/insert in batches": partial(insert_batches, size=ours.BATCH_SIZE),
    "ours/insert in batches, 1 connection": partial(
        insert_batches, size=ours.BATCH_SIZE, connections=1
    ),
    "ours/lease 1 and delete": _consume,
    "ours/lease 100": partial(lease_many, size=100),
    "ours/lease from few": partial(lease_from, count=FEW),
    "ours/lease from many": _lease_from_many,
    "ours/peak twice": peak_twice,
    "ours/start": _start,
    "ours/start in a thread of a test": partial(_fixture, mode="thread"),
    "ours/start in a process for a test": partial(_fixture, mode="process"),
    "ours-tokens/insert in turns": _insert_with_tokens_in_turns,
    "ours-journal/insert in turns": insert_in_turns,
}
