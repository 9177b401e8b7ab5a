"""Runs measurements, peers in turn, round after round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tests.benchmarks.bench import Bench
from tests.benchmarks.curves import Curve, job_name
from tests.benchmarks.errors import AbsentError, BenchmarkError
from tests.benchmarks.machine import flush_seconds, load_average
from tests.benchmarks.measures import MEASURES, POINTS
from tests.benchmarks.measures.figures import Figures
from tests.benchmarks.rows import Row

Jobs: TypeAlias = Mapping[str, Callable[[], Figures]]
"""What to measure, by the names that results have."""


@dataclass(slots=True)
class Results:
    """What the rounds found.

    Attributes:
        figures: Of each round, by measurement.
        reasons: Why a measurement has no figures.
        loads: The machine's load at the start of each round.
        flushes: The disk's fdatasync p50 in seconds at the start of each round.
        interrupted: Whether somebody stopped it, so that figures are missing without a reason.
    """

    figures: list[dict[str, Figures]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)
    flushes: list[float] = field(default_factory=list)
    interrupted: bool = False

    def values(self, measure: str, figure: str) -> list[float]:
        """That figure in each round that has it."""
        return [
            found[measure][figure] for found in self.figures if figure in found.get(measure, ())
        ]


def jobs_of_rows(bench: Bench, rows: Sequence[Row]) -> Jobs:
    """What *rows* need, each once."""
    return {name: partial(MEASURES[name], bench) for row in rows for name in row.measures}


def jobs_of_curves(bench: Bench, curves: Sequence[Curve], *, long: bool, seconds: float) -> Jobs:
    """What *curves* need, each once; a measurement of theirs takes *seconds*."""
    brief = replace(bench, seconds=seconds)
    return {
        job_name(series.measure, point): partial(POINTS[series.measure], brief, point)
        for curve in curves
        for series in curve.series
        for point in curve.points_of(series, long=long)
    }


def names_for_information(rows: Sequence[Row]) -> set[str]:
    """The measurements that only rows without a floor need: once has to do for them."""
    asked = {name for row in rows for name in row.measures if row.floor is not None}
    return {name for row in rows for name in row.measures} - asked


def run(
    jobs: Jobs,
    *,
    rounds: int,
    folder: Path,
    say: Callable[[str], None],
    once: Set[str] = frozenset(),
) -> Results:
    """Do all *jobs*, *rounds* times, each second round in the opposite order.

    An interrupt ends it early, with what there is.

    Args:
        jobs: What to do.
        rounds: How often.
        folder: On the disk whose flushes are timed at the start of each round.
        say: Shows progress.
        once: Jobs of the first round only.
    """
    results = Results()
    try:
        for number in range(rounds):
            results.loads.append(load_average())
            results.flushes.append(flush_seconds(folder, seconds=0.5))
            results.figures.append({})
            for name in jobs if number % 2 == 0 else reversed(list(jobs)):
                if name not in results.reasons and not (number and name in once):
                    _do(name, jobs[name], f"round {number + 1}/{rounds}  {name}", results, say)
    except KeyboardInterrupt:
        results.interrupted = True
        say("interrupted: here is what there is\n")
    return results


def _do(
    name: str,
    job: Callable[[], Figures],
    label: str,
    results: Results,
    say: Callable[[str], None],
) -> None:
    say(label)
    try:
        figures = job()
    except BenchmarkError as error:
        kind = "skipped" if isinstance(error, AbsentError) else "failed"
        # A server's last words may be many lines, and a table's row is one.
        results.reasons[name] = f"{kind}: {' '.join(str(error).split())}"
        say(f"{name} {results.reasons[name]}\n")
    else:
        results.figures[-1][name] = figures
        say(f"{label}: {_shown(figures)}\n")


def _shown(figures: Figures) -> str:
    shown = []
    for name, value in figures.items():
        if name.endswith("rate"):
            shown.append(f"{name.removesuffix('rate').replace('_', ' ')}{value:,.0f}/s")
        elif name.endswith("_bytes"):
            shown.append(f"{name.removesuffix('_bytes')} {value / 2**20:,.0f} MiB")
        elif name.endswith("_load"):
            shown.append(f"{name.removesuffix('_load')} CPU {value:.0%}")
        else:
            shown.append(f"{name} {value * 1e6:,.0f} us")
    return ", ".join(shown)
