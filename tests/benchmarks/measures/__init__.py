"""The measurements: each starts one peer, loads it, stops it, and returns named figures.

Only one peer is alive at a time, so that none pays for another's background work, but for two
servers of ours that take turns or hand tasks on. ``MEASURES`` are those of the table, by
``peer/what``; ``POINTS`` are those of the curves, which take a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tests.benchmarks.bench import Bench
from tests.benchmarks.measures import clients, ours, ours_points, peers, peers_points
from tests.benchmarks.measures.figures import Figures

MEASURES: Mapping[str, Callable[[Bench], Figures]] = {
    **ours.MEASURES,
    **peers.MEASURES,
    **clients.MEASURES,
}

Point: TypeAlias = Callable[[Bench, int], Figures]

POINTS: Mapping[str, Point] = {**ours_points.POINTS, **peers_points.POINTS}


def peer_of(measure: str) -> str:
    """The name of the peer that *measure* starts."""
    return measure.partition("/")[0]
