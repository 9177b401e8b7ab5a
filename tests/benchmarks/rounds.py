"""Runs the measurements that some rows need, peers in turn, round after round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import AbsentError, BenchmarkError
from tests.benchmarks.machine import flush_seconds, load_average
from tests.benchmarks.measures import MEASURES, Figures
from tests.benchmarks.rows import Row


@dataclass(slots=True)
class Results:
    """What the rounds found.

    Attributes:
        figures: Of each round, by measurement.
        reasons: Why a measurement has no figures.
        loads: The machine's load at the start of each round.
        flushes: The disk's fdatasync p50 in seconds at the start of each round.
    """

    figures: list[dict[str, Figures]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)
    flushes: list[float] = field(default_factory=list)


def run(bench: Bench, rows: Sequence[Row], *, rounds: int) -> Results:
    """Measure what *rows* need, *rounds* times, each second round in the opposite order."""
    needed = list(dict.fromkeys(name for row in rows for name in row.measures))
    results = Results()
    for number in range(rounds):
        results.loads.append(load_average())
        results.flushes.append(flush_seconds(bench.folder, seconds=0.5))
        found: dict[str, Figures] = {}
        for name in needed if number % 2 == 0 else reversed(needed):
            label = f"round {number + 1}/{rounds}  {name}"
            bench.say(label)
            figures = _measured(bench, name, results.reasons)
            if figures is not None:
                found[name] = figures
                bench.say(f"{label}: {_shown(figures)}\n")
        results.figures.append(found)
    return results


def _measured(bench: Bench, name: str, reasons: dict[str, str]) -> Figures | None:
    if name in reasons:
        return None
    try:
        return MEASURES[name](bench)
    except BenchmarkError as error:
        kind = "skipped" if isinstance(error, AbsentError) else "failed"
        bench.say(f"{name} {kind}: {error}\n")
        reasons[name] = f"{kind}: {error}"
        return None


def _shown(figures: Mapping[str, float]) -> str:
    shown = []
    for name, value in figures.items():
        if name == "rate":
            shown.append(f"{value:,.0f}/s")
        elif name == "memory":
            shown.append(f"{value / 2**20:,.0f} MiB")
        elif name.endswith("_load"):
            shown.append(f"{name.removesuffix('_load')} CPU {value:.0%}")
        else:
            shown.append(f"{name} {value * 1e6:,.0f} us")
    return ", ".join(shown)
