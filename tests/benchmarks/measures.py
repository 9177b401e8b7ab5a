"""The measurements: each starts one peer, loads it, stops it, and returns named figures.

Only one peer is alive at a time, so that none pays for another's background work.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tests.benchmarks import machine, raw_sqlite, wrk
from tests.benchmarks.backlog import tag
from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import AbsentError, SpoiledError
from tests.benchmarks.payload import PAYLOAD
from tests.benchmarks.peers import Peer, azurite, beanstalkd, moto, ours, pubsub, serving
from tests.benchmarks.running import Running
from tests.benchmarks.wrk import Load, Result

Figures: TypeAlias = Mapping[str, float]
"""Figures by name: ``rate`` is tasks a second, ``p50`` and ``p99`` and ``cpu`` are seconds."""

Measure: TypeAlias = Callable[[Bench], Figures]

# Enough for ours to consume from at any speed it may reach, and what Azurite, whose every lease
# reads the whole queue, was given when the floors were found.
_TO_CONSUME_PER_SECOND = 12_000
_AZURITE_BACKLOG = 2_000

# For leases of many: what is leased is hidden for a second, and there must be enough beside it.
_TO_LEASE = 3_000

_FEW = 1_000
_SMALL_PAYLOAD = bytes(200)


def _insert(bench: Bench) -> Figures:
    return _loaded(bench, bench.ours, ours.insert())


def _insert_with_tokens(bench: Bench) -> Figures:
    with serving(bench.ours_with_tokens, bench.folder) as server:
        return _rates(_result(bench, server, ours.insert(server.folder)))


def _insert_16(bench: Bench) -> Figures:
    with serving(bench.ours, bench.folder) as server:
        return _rates(_result(bench, server, ours.insert(), connections=16))


def _insert_one_by_one(bench: Bench) -> Figures:
    before = machine.flush_seconds(bench.folder, seconds=1)
    with serving(bench.ours, bench.folder) as server:
        figures = _rates(_result(bench, server, ours.insert(), connections=1))
    after = machine.flush_seconds(bench.folder, seconds=1)
    return {**figures, "flush": (before + after) / 2}


def _insert_batches(bench: Bench) -> Figures:
    with serving(bench.ours, bench.folder) as server:
        result = _result(bench, server, ours.insert_batch())
        tasks = result.requests * ours.BATCH_SIZE
        # A batch is a 200 whatever became of its parts.
        if _tasks_stored(server.port) < tasks:
            raise SpoiledError("parts of the batches were refused")
    return _rates(result, tasks=tasks)


def _consume(bench: Bench) -> Figures:
    count = int(_TO_CONSUME_PER_SECOND * (bench.seconds + 1))
    with serving(bench.ours, bench.folder, fill=bench.copying(count, PAYLOAD)) as server:
        result = _result(bench, server, ours.consume())
    return _rates(result, tasks=result.tasks)


def _lease_many(bench: Bench) -> Figures:
    fill = bench.copying(_TO_LEASE, PAYLOAD)
    with serving(bench.ours, bench.folder, fill=fill) as server:
        result = _result(bench, server, ours.lease_many())
    return _rates(result, tasks=result.tasks)


def _lease_from_few(bench: Bench) -> Figures:
    return _lease_from(bench, _FEW)


def _lease_from_many(bench: Bench) -> Figures:
    return _lease_from(bench, bench.many)


def _lease_from(bench: Bench, count: int) -> Figures:
    fill = bench.sharing(count, _SMALL_PAYLOAD)
    with serving(bench.ours, bench.folder, fill=fill) as server:
        by_order = _result(bench, server, ours.lease_one(), connections=1)
        by_tag = _result(bench, server, ours.lease_one(tag(7)), connections=1)
    return {"p50": by_order.p50, "tag_p50": by_tag.p50}


def _start(bench: Bench) -> Figures:
    return _idle(bench, bench.ours)


def _azurite_start(bench: Bench) -> Figures:
    return _idle(bench, bench.azurite)


def _azurite_insert(bench: Bench) -> Figures:
    return _loaded(bench, bench.azurite, azurite.insert())


def _azurite_consume(bench: Bench) -> Figures:
    return _azurite_lease(bench, azurite.consume(), _AZURITE_BACKLOG)


def _azurite_lease_many(bench: Bench) -> Figures:
    return _azurite_lease(bench, azurite.lease_many(), _TO_LEASE)


def _azurite_lease(bench: Bench, load: Load, backlog: int) -> Figures:
    with serving(bench.azurite, bench.folder) as server:
        azurite.fill(server.port, backlog)
        result = _result(bench, server, load)
    return _rates(result, tasks=result.tasks)


def _moto_insert(bench: Bench) -> Figures:
    return _loaded(bench, bench.moto, moto.insert())


def _pubsub_publish(bench: Bench) -> Figures:
    bench.pubsub.obtain()
    with serving(bench.pubsub, bench.folder) as server:
        return _rates(
            wrk.put_under_load(
                server,
                pubsub.publish(),
                connections=bench.connections,
                seconds=bench.seconds,
                warm_seconds=pubsub.WARM_SECONDS,
            )
        )


def _pubsub_consume(bench: Bench) -> Figures:
    bench.pubsub.obtain()
    raise AbsentError("pull and acknowledge have no load script yet")


def _nginx_answer(bench: Bench) -> Figures:
    return _loaded(bench, bench.nginx, ours.insert())


def _beanstalkd_put(bench: Bench) -> Figures:
    bench.beanstalkd.obtain()
    with serving(bench.beanstalkd, bench.folder) as server:
        return _rates(
            beanstalkd.put_under_load(server, connections=bench.connections, seconds=bench.seconds)
        )


def _sqlite_insert(bench: Bench) -> Figures:
    rate, cpu = raw_sqlite.insert(bench.folder, seconds=bench.seconds)
    return {"rate": rate, "cpu": cpu}


MEASURES: Mapping[str, Measure] = {
    "ours/insert": _insert,
    "ours/insert with tokens": _insert_with_tokens,
    "ours/insert, 16 connections": _insert_16,
    "ours/insert, 1 connection": _insert_one_by_one,
    "ours/insert in batches": _insert_batches,
    "ours/lease 1 and delete": _consume,
    "ours/lease 100": _lease_many,
    "ours/lease from few": _lease_from_few,
    "ours/lease from many": _lease_from_many,
    "ours/start": _start,
    "azurite/insert": _azurite_insert,
    "azurite/lease 1 and delete": _azurite_consume,
    "azurite/lease 32": _azurite_lease_many,
    "azurite/start": _azurite_start,
    "moto/insert": _moto_insert,
    "pubsub/insert": _pubsub_publish,
    "pubsub/lease 1 and delete": _pubsub_consume,
    "nginx/return 200": _nginx_answer,
    "beanstalkd/put": _beanstalkd_put,
    "sqlite/insert": _sqlite_insert,
}


def _loaded(bench: Bench, peer: Peer, load: Load) -> Figures:
    peer.obtain()
    with serving(peer, bench.folder) as server:
        return _rates(_result(bench, server, load))


def _idle(bench: Bench, peer: Peer) -> Figures:
    peer.obtain()
    with serving(peer, bench.folder) as server:
        time.sleep(2)
        return {"start": server.start_seconds, "memory": server.resident_bytes()}


def _result(bench: Bench, server: Running, load: Load, *, connections: int | None = None) -> Result:
    return wrk.put_under_load(
        server, load, connections=connections or bench.connections, seconds=bench.seconds
    )


def _rates(result: Result, *, tasks: int | None = None) -> Figures:
    count = result.requests if tasks is None else tasks
    return {
        "rate": count / result.seconds,
        "p50": result.p50,
        "p99": result.p99,
        "cpu": result.server_cpu / count,
        "server_load": result.server_cpu / result.seconds,
        "client_load": result.client_cpu / result.seconds,
    }


def _tasks_stored(port: int) -> int:
    url = f"http://127.0.0.1:{port}/taskqueue/v1beta2/projects/s~bench/taskqueues/bench"
    with urllib.request.urlopen(f"{url}?getStats=true", timeout=30) as answer:
        return int(json.load(answer)["stats"]["totalTasks"])
