"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tests.benchmarks.curves import Curve, Series, job_name
from tests.benchmarks.rounds import Results
from tests.benchmarks.rows import Row

_SCALES = {"/s": 1.0, " us": 1e6, " ms": 1e3, " MiB": 1 / 2**20}
_CURVE_SCALES = {"tasks/s": 1.0, "us": 1e6}


def noise(results: Results) -> str:
    """How the machine was while *results* were found."""
    return "; ".join(
        f"load {load:.1f}, fdatasync {flush * 1e6:.0f} us"
        for load, flush in zip(results.loads, results.flushes, strict=True)
    )


def table(rows: Sequence[Row], results: Results) -> str:
    """One line per row: the medians, and the median of the rounds' ratios with its range."""
    lines = [
        "| row | ours | theirs | CPU per task, us | ratio | rounds | floor | goal | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(row, results) for row in rows]
    return "\n".join(lines)


def details(results: Results) -> str:
    """Every load that was timed, with the processor time of its server and of what loaded it."""
    lines = [
        "| measurement | tasks/s | p50, us | p99, us | CPU per task, us | server CPU | load CPU |",
        "|---|---|---|---|---|---|---|",
    ]
    names = dict.fromkeys(name for found in results.figures for name in found)
    for name in sorted(names):
        rates = results.values(name, "rate")
        if rates:
            latencies = " | ".join(_detail(results, name, each, 1e6) for each in ("p50", "p99"))
            cpu = _detail(results, name, "cpu", 1e6)
            loads = [results.values(name, each) for each in ("server_load", "client_load")]
            shares = " | ".join(f"{median(each):.0%}" if each else "" for each in loads)
            lines.append(f"| {name} | {median(rates):,.0f} | {latencies} | {cpu} | {shares} |")
    return "\n".join(lines)


def curve(curve: Curve, results: Results, *, long: bool) -> str:
    """One line per point, one column per series; the medians of the rounds."""
    lines = [
        f"{curve.title} ({curve.unit})\n",
        "| " + " | ".join([curve.axis, *(series.label for series in curve.series)]) + " |",
        "|---" * (1 + len(curve.series)) + "|",
    ]
    for point in curve.long_points if long else curve.points:
        values = [value_at(curve, series, point, results) for series in curve.series]
        cells = ["" if value is None else f"{value:,.0f}" for value in values]
        lines.append(f"| {point:,} | " + " | ".join(cells) + " |")
    missing = {
        series.label: reason
        for series in curve.series
        for point in curve.points_of(series, long=long)
        if (reason := results.reasons.get(job_name(series.measure, point)))
    }
    lines += [f"\n{label}: {reason}" for label, reason in missing.items()]
    return "\n".join(lines)


def value_at(curve: Curve, series: Series, point: int, results: Results) -> float | None:
    """The median of the rounds, in the curve's unit; None if there is none."""
    values = results.values(job_name(series.measure, point), series.figure)
    return median(values) * _CURVE_SCALES[curve.unit] if values else None


def ratios(row: Row, results: Results) -> list[float]:
    """Ours by theirs, in each round that has both."""
    return [ours / theirs for ours, theirs in _pairs(row, results)]


def _pairs(row: Row, results: Results) -> list[tuple[float, float]]:
    (ours, our_figure), (theirs, their_figure) = row.ours, row.theirs
    return [
        (found[ours][our_figure], found[theirs][their_figure])
        for found in results.figures
        if ours in found and theirs in found
    ]


def _line(row: Row, results: Results) -> str:
    wanted = f"{_wanted(row, row.floor)} | {_wanted(row, row.goal)}"
    found = ratios(row, results)
    reason = next((results.reasons[name] for name in row.measures if name in results.reasons), None)
    if not found:
        return f"| {row.title} | - | - | - | - | - | {wanted} | {reason or 'not measured'} |"
    ours, theirs = zip(*_pairs(row, results), strict=True)
    ratio = median(found)
    said = verdict(row, ratio) if reason is None else f"{verdict(row, ratio)}, until it {reason}"
    return (
        f"| {row.title} | {_amount(row, median(ours))} | {_amount(row, median(theirs))}"
        f" | {_cpu(row, results)} | **{_ratio(row, ratio)}**"
        f" | {_ratio(row, min(found))} .. {_ratio(row, max(found))}"
        f" | {wanted} | {said} |"
    )


def verdict(row: Row, ratio: float) -> str:
    """What *ratio* means for *row*."""
    if row.floor is None or row.goal is None:
        return "for information"
    if row.meets(ratio, row.goal):
        return "goal met"
    return "floor met" if row.meets(ratio, row.floor) else "BELOW FLOOR"


def _wanted(row: Row, ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{'<=' if row.less_is_better else '>='} {_ratio(row, ratio)}"


def _cpu(row: Row, results: Results) -> str:
    """What a task cost each server: others on the machine change it less than they change rates."""
    if row.unit != "/s":
        return ""
    ours, theirs = (
        _detail(results, measure, f"{figure.removesuffix('rate')}cpu", 1e6)
        for measure, figure in (row.ours, row.theirs)
    )
    return f"{ours} / {theirs}"


def _detail(results: Results, measure: str, figure: str, scale: float) -> str:
    values = results.values(measure, figure)
    return f"{median(values) * scale:,.0f}" if values else ""


def _amount(row: Row, value: float) -> str:
    return f"{value * _SCALES[row.unit]:,.0f}{row.unit}"


def _ratio(row: Row, ratio: float) -> str:
    if row.in_percent:
        return f"{ratio:.1%}"
    return f"{ratio:.0f}x" if ratio >= 100 else f"{ratio:.3g}x"
