"""Results that nobody measured."""

from __future__ import annotations

from tests.benchmarks.rounds import Results
from tests.benchmarks.rows import Row


def a_row(**changes):
    """Ours by theirs, at least 2 and better 4."""
    fields = dict(
        key="row",
        title="ours vs theirs",
        ours=("ours/insert", "rate"),
        theirs=("peer/insert", "rate"),
        floor=2,
        goal=4,
    )
    return Row(**(fields | changes))


def results_of(*rounds, reasons=None):
    """Of each round, figures by measurement."""
    return Results(
        figures=list(rounds),
        reasons=reasons or {},
        loads=[0.5] * len(rounds),
        flushes=[0.0001] * len(rounds),
    )


def rates(ours, theirs):
    """A round in which ours and the peer had these rates."""
    return {
        "ours/insert": {"rate": ours, "cpu": 0.0001, "p50": 0.001, "p99": 0.002},
        "peer/insert": {"rate": theirs, "cpu": 0.0005},
    }
