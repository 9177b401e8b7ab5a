"""What a measurement returns, and how loads become figures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TypeAlias

from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.peers import Peer, serving
from tests.benchmarks.running import Running
from tests.benchmarks.wrk import Load, Result, put_under_load

Figures: TypeAlias = Mapping[str, float]
"""Figures by name: ``rate`` and ``..._rate`` are tasks a second, ``..._load`` a share of one core,
``..._bytes`` are bytes; all others are seconds."""

SETTLING_SECONDS = 2


def loaded(bench: Bench, peer: Peer, load: Load, *, connections: int | None = None) -> Figures:
    """The figures of *peer* under a *load* of which each request is a task."""
    peer.obtain()
    with serving(peer, bench.folder) as server:
        return rates(result(bench, server, load, connections=connections))


def result(
    bench: Bench,
    server: Running,
    load: Load,
    *,
    connections: int | None = None,
    warm_seconds: float = 1,
) -> Result:
    """What came of *load*, as long and over as many connections as *bench* says."""
    return put_under_load(
        server,
        load,
        connections=connections or bench.connections,
        seconds=bench.seconds,
        warm_seconds=warm_seconds,
    )


def rates(result: Result, *, tasks: int | None = None) -> Figures:
    """The figures of *result* by task; a request is one, unless *tasks* says how many came.

    Raises:
        SpoiledError: There was none.
    """
    count = result.requests if tasks is None else tasks
    if not count:
        raise SpoiledError(f"{result.requests} requests were answered, but no task was among them")
    return {
        "rate": count / result.seconds,
        "p50": result.p50,
        "p99": result.p99,
        "cpu": result.server_cpu / count,
        "server_load": result.server_cpu / result.seconds,
        "client_load": result.client_cpu / result.seconds,
    }


def settled_memory(server: Running) -> float:
    """The bytes that *server* holds when it has been left alone for a while."""
    time.sleep(SETTLING_SECONDS)
    return server.resident_bytes()
