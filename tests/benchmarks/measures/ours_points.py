"""Our points of the curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tests.benchmarks.bench import Bench
from tests.benchmarks.measures.figures import Figures, loaded, rates, result
from tests.benchmarks.measures.ours import MIXED_BACKLOG, insert_batches, lease_from, lease_many
from tests.benchmarks.peers import ours, serving

HEAVY_CONNECTIONS = 8
"""For requests and answers of a MiB and more: over 32 connections each would take seconds, and of
batches of 1,000 more tasks would wait than the server lets in."""

# What is leased again and again need not be much, and a MiB each adds up.
_BYTES_TO_LEASE = 64 * 2**20
_MOST_TO_LEASE = 1_000


def _insert_payload(bench: Bench, size: int) -> Figures:
    return loaded(bench, bench.ours, ours.insert(size), connections=HEAVY_CONNECTIONS)


def _lease_payload(bench: Bench, size: int) -> Figures:
    count = min(_MOST_TO_LEASE, _BYTES_TO_LEASE // size)
    with serving(bench.ours, bench.folder, fill=bench.sharing(count, size)) as server:
        found = result(bench, server, ours.lease(1), connections=HEAVY_CONNECTIONS)
    return rates(found, tasks=found.tasks)


def _insert_over(bench: Bench, connections: int) -> Figures:
    return loaded(bench, bench.ours, ours.insert(), connections=connections)


def _mixed_over(bench: Bench, connections: int) -> Figures:
    with serving(bench.ours, bench.folder, fill=bench.copying(MIXED_BACKLOG)) as server:
        found = result(bench, server, ours.mixed(), connections=connections)
    return rates(found, tasks=found.tasks)


POINTS: Mapping[str, Callable[[Bench, int], Figures]] = {
    "ours/lease out of": lease_from,
    "ours/lease of": partial(lease_many, connections=HEAVY_CONNECTIONS),
    "ours/batch of": partial(insert_batches, connections=HEAVY_CONNECTIONS),
    "ours/batch over one connection of": partial(insert_batches, connections=1),
    "ours/insert bytes": _insert_payload,
    "ours/lease bytes": _lease_payload,
    "ours/insert over connections": _insert_over,
    "ours/mixed over connections": _mixed_over,
}
