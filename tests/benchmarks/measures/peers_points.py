"""The peers' points of the curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.benchmarks import raw_sqlite
from tests.benchmarks.bench import Bench
from tests.benchmarks.measures.figures import Figures, loaded, rates, result
from tests.benchmarks.measures.ours import MIXED_BACKLOG, SMALL_PAYLOAD, TO_LEASE
from tests.benchmarks.measures.ours_points import HEAVY_CONNECTIONS
from tests.benchmarks.measures.peers import azurite_lease, beanstalkd_put, pubsub_load
from tests.benchmarks.payload import payload
from tests.benchmarks.peers import azurite, pubsub, serving


def _azurite_lease_out_of(bench: Bench, count: int) -> Figures:
    bench.azurite.obtain()
    with serving(bench.azurite, bench.folder) as server:
        azurite.fill(server.port, count, size=SMALL_PAYLOAD)
        found = result(bench, server, azurite.lease(1), connections=1)
    return rates(found, tasks=found.tasks)


def _azurite_lease_of(bench: Bench, size: int) -> Figures:
    return azurite_lease(bench, azurite.lease(size), TO_LEASE, connections=HEAVY_CONNECTIONS)


def _azurite_insert_bytes(bench: Bench, size: int) -> Figures:
    return loaded(bench, bench.azurite, azurite.insert(size), connections=HEAVY_CONNECTIONS)


def _azurite_insert_over(bench: Bench, connections: int) -> Figures:
    return loaded(bench, bench.azurite, azurite.insert(), connections=connections)


def _azurite_mixed_over(bench: Bench, connections: int) -> Figures:
    bench.azurite.obtain()
    with serving(bench.azurite, bench.folder) as server:
        azurite.fill(server.port, MIXED_BACKLOG)
        found = result(bench, server, azurite.mixed(), connections=connections)
    return rates(found, tasks=found.tasks)


def _beanstalkd_put_bytes(bench: Bench, size: int) -> Figures:
    return beanstalkd_put(bench, bench.beanstalkd, size=size, connections=HEAVY_CONNECTIONS)


def _beanstalkd_put_over(bench: Bench, connections: int) -> Figures:
    return beanstalkd_put(bench, bench.beanstalkd, connections=connections)


def _pubsub_publish_of(bench: Bench, size: int) -> Figures:
    return pubsub_load(bench, pubsub.publish(size), connections=1, each=size)


def _pubsub_mixed_over(bench: Bench, connections: int) -> Figures:
    return pubsub_load(bench, pubsub.mixed(), before=MIXED_BACKLOG, connections=connections)


def _sqlite_insert_bytes(bench: Bench, size: int) -> Figures:
    rate, cpu = raw_sqlite.insert(bench.folder, payload(size), seconds=bench.seconds)
    return {"rate": rate, "cpu": cpu}


POINTS: Mapping[str, Callable[[Bench, int], Figures]] = {
    "azurite/lease out of": _azurite_lease_out_of,
    "azurite/lease of": _azurite_lease_of,
    "azurite/insert bytes": _azurite_insert_bytes,
    "azurite/insert over connections": _azurite_insert_over,
    "azurite/mixed over connections": _azurite_mixed_over,
    "beanstalkd/put bytes": _beanstalkd_put_bytes,
    "beanstalkd/put over connections": _beanstalkd_put_over,
    "pubsub/publish of": _pubsub_publish_of,
    "pubsub/mixed over connections": _pubsub_mixed_over,
    "sqlite/insert bytes": _sqlite_insert_bytes,
}
