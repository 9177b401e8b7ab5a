"""The peers' side of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.benchmarks import raw_sqlite
from tests.benchmarks.bench import Bench
from tests.benchmarks.measures.figures import Figures, loaded, rates, result, settled_memory
from tests.benchmarks.measures.ours import MIXED_BACKLOG, TO_LEASE
from tests.benchmarks.payload import PAYLOAD_BYTES, payload
from tests.benchmarks.peers import azurite, beanstalkd, moto, ours, pubsub, serving
from tests.benchmarks.wrk import Load, warm_up

# What Azurite, whose every lease reads the whole queue, was given when the floors were found.
_AZURITE_BACKLOG = 2_000

# Enough to consume from the Pub/Sub emulator.
_PUBSUB_PER_SECOND = 2_000


def azurite_lease(
    bench: Bench, load: Load, backlog: int, *, connections: int | None = None
) -> Figures:
    """Azurite under *load* with *backlog* messages."""
    bench.azurite.obtain()
    with serving(bench.azurite, bench.folder) as server:
        azurite.fill(server.port, backlog)
        found = result(bench, server, load, connections=connections)
    return rates(found, tasks=found.tasks)


def beanstalkd_put(
    bench: Bench,
    peer: beanstalkd.Beanstalkd,
    *,
    connections: int | None = None,
    size: int = PAYLOAD_BYTES,
) -> Figures:
    """One put per request."""
    peer.obtain()
    with serving(peer, bench.folder) as server:
        return rates(
            beanstalkd.put_under_load(
                server,
                connections=connections or bench.connections,
                seconds=bench.seconds,
                size=size,
            )
        )


def pubsub_load(
    bench: Bench,
    load: Load,
    *,
    warming: Load | None = None,
    before: int = 0,
    backlog: int = 0,
    connections: int | None = None,
    each: int = 1,
) -> Figures:
    """The Pub/Sub emulator, warm, under *load*.

    Args:
        bench: The run.
        load: What is measured.
        warming: The load that warms it up; by default *load*.
        before: How many messages there are before the warm-up.
        backlog: How many messages come in between.
        connections: How many clients, if not as many as usual.
        each: Tasks of a request, where *load* does not count them itself.
    """
    bench.pubsub.obtain()
    clients = connections or bench.connections
    with serving(bench.pubsub, bench.folder) as server:
        pubsub.fill(server.port, before)
        seconds = pubsub.WARM_SECONDS
        warm_up(server, warming or load, connections=clients, seconds=seconds)
        pubsub.fill(server.port, backlog)
        found = result(bench, server, load, connections=clients, warm_seconds=0)
    return rates(found, tasks=found.tasks if load.peer else found.requests * each)


def _azurite_insert(bench: Bench) -> Figures:
    return loaded(bench, bench.azurite, azurite.insert())


def _azurite_insert_by_default(bench: Bench) -> Figures:
    return loaded(bench, bench.azurite_defaults, azurite.insert())


def _azurite_consume(bench: Bench) -> Figures:
    return azurite_lease(bench, azurite.consume(), _AZURITE_BACKLOG)


def _azurite_lease_32(bench: Bench) -> Figures:
    return azurite_lease(bench, azurite.lease(), TO_LEASE)


def _azurite_start(bench: Bench) -> Figures:
    bench.azurite.obtain()
    with serving(bench.azurite, bench.folder) as server:
        return {"start": server.start_seconds, "idle_bytes": settled_memory(server)}


def _moto_insert(bench: Bench) -> Figures:
    return loaded(bench, bench.moto, moto.insert())


def _pubsub_publish(bench: Bench) -> Figures:
    return pubsub_load(bench, pubsub.publish())


def _pubsub_consume(bench: Bench) -> Figures:
    # A warm-up that consumed as much would need a backlog that slows the emulator down.
    return pubsub_load(
        bench,
        pubsub.consume(),
        warming=pubsub.mixed(),
        before=MIXED_BACKLOG,
        backlog=int(_PUBSUB_PER_SECOND * bench.seconds),
    )


def _nginx_answer(bench: Bench) -> Figures:
    return loaded(bench, bench.nginx, ours.insert())


def _nginx_answer_by_default(bench: Bench) -> Figures:
    return loaded(bench, bench.nginx_defaults, ours.insert())


def _beanstalkd_put(bench: Bench) -> Figures:
    return beanstalkd_put(bench, bench.beanstalkd)


def _beanstalkd_put_by_default(bench: Bench) -> Figures:
    return beanstalkd_put(bench, bench.beanstalkd_defaults)


def _sqlite_insert(bench: Bench) -> Figures:
    rate, cpu = raw_sqlite.insert(bench.folder, payload(), seconds=bench.seconds)
    return {"rate": rate, "cpu": cpu}


MEASURES: Mapping[str, Callable[[Bench], Figures]] = {
    "azurite/insert": _azurite_insert,
    "azurite-defaults/insert": _azurite_insert_by_default,
    "azurite/lease 1 and delete": _azurite_consume,
    "azurite/lease 32": _azurite_lease_32,
    "azurite/start": _azurite_start,
    "moto/insert": _moto_insert,
    "pubsub/insert": _pubsub_publish,
    "pubsub/lease 1 and delete": _pubsub_consume,
    "nginx/return 200": _nginx_answer,
    "nginx-defaults/return 200": _nginx_answer_by_default,
    "beanstalkd/put": _beanstalkd_put,
    "beanstalkd-defaults/put": _beanstalkd_put_by_default,
    "sqlite/insert": _sqlite_insert,
}
