"""The results as a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tests.benchmarks.rounds import Results
from tests.benchmarks.rows import Figure, Row

_SCALES = {"/s": 1.0, " us": 1e6, " ms": 1e3, " MiB": 1 / 2**20}


def table(rows: Sequence[Row], results: Results) -> str:
    """One line per row: the medians, and the median of the rounds' ratios with its range."""
    lines = [
        "| row | ours | theirs | CPU per task, us | ratio | rounds | floor | goal | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(row, results) for row in rows]
    return "\n".join(lines)


def _line(row: Row, results: Results) -> str:
    sign = "<=" if row.less_is_better else ">="
    wanted = f"{sign} {_ratio(row, row.floor)} | {sign} {_ratio(row, row.goal)}"
    reason = next((results.reasons[name] for name in row.measures if name in results.reasons), None)
    if reason is not None:
        return f"| {row.title} | - | - | - | - | - | {wanted} | {reason} |"
    ours, theirs = _values(row.ours, results), _values(row.theirs, results)
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    ratio = median(ratios)
    return (
        f"| {row.title} | {_amount(row, median(ours))} | {_amount(row, median(theirs))}"
        f" | {_cpu(row, results)} | **{_ratio(row, ratio)}**"
        f" | {_ratio(row, min(ratios))} .. {_ratio(row, max(ratios))}"
        f" | {wanted} | {_verdict(row, ratio)} |"
    )


def _cpu(row: Row, results: Results) -> str:
    """What a task cost each server: others on the machine change it less than they change rates."""
    if row.unit != "/s":
        return ""
    ours, theirs = (median(_values((name, "cpu"), results)) * 1e6 for name in row.measures)
    return f"{ours:,.0f} / {theirs:,.0f}"


def _values(figure: Figure, results: Results) -> list[float]:
    measure, name = figure
    return [found[measure][name] for found in results.figures]


def _verdict(row: Row, ratio: float) -> str:
    if row.meets(ratio, row.goal):
        return "goal met"
    return "floor met" if row.meets(ratio, row.floor) else "BELOW FLOOR"


def _amount(row: Row, value: float) -> str:
    return f"{value * _SCALES[row.unit]:,.0f}{row.unit}"


def _ratio(row: Row, ratio: float) -> str:
    if row.key == "insert-nginx":
        return f"{ratio:.1%}"
    return f"{ratio:.0f}x" if ratio >= 20 else f"{ratio:.2g}x" if ratio < 10 else f"{ratio:.1f}x"
