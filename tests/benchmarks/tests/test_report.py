"""The tables say what was measured."""

from __future__ import annotations

import pytest

from tests.benchmarks import report
from tests.benchmarks.curves import Curve, Series, job_name
from tests.benchmarks.tests.results import a_row, rates, results_of

CURVE = Curve(
    key="curve",
    title="Insert",
    axis="connections",
    points=(1, 10),
    long_points=(1, 10, 100),
    series=(
        Series(label="ours", measure="ours/over"),
        Series(label="peer", measure="peer/over", most=10),
        Series(label="slow peer", measure="slow/over", only_long=True),
    ),
)


def test_a_row_has_the_median_of_the_rounds_ratios_not_the_ratio_of_medians():
    results = results_of(rates(300, 100), rates(1000, 200), rates(800, 400))

    assert cells(a_row(), results)[1:6] == ["800/s", "200/s", "100 / 500", "**3x**", "2x .. 5x"]


def test_the_processor_time_of_a_row_of_turns_is_that_of_each_kind_of_turn():
    row = a_row(ours=("ours/in turns", "rate"), theirs=("ours/in turns", "bare_rate"))
    turns = {"rate": 800, "cpu": 0.00012, "bare_rate": 1000, "bare_cpu": 0.0001}

    assert cells(row, results_of({"ours/in turns": turns}))[1:4] == [
        "800/s",
        "1,000/s",
        "120 / 100",
    ]


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(1.9, "BELOW FLOOR"), (2, "floor met"), (4, "goal met")]
)
def test_a_ratio_is_held_against_floor_and_goal(ratio, verdict):
    assert cells(a_row(), results_of(rates(ratio, 1)))[-1] == verdict


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(1.4, "BELOW FLOOR"), (1.3, "floor met"), (1.1, "goal met")]
)
def test_less_can_be_better(ratio, verdict):
    row = a_row(floor=1.3, goal=1.1, less_is_better=True)

    assert cells(row, results_of(rates(ratio, 1)))[-3:] == ["<= 1.3x", "<= 1.1x", verdict]


def test_a_row_that_asks_for_nothing_has_no_verdict():
    row = a_row(floor=None, goal=None)

    assert cells(row, results_of(rates(1, 1)))[-3:] == ["", "", "for information"]


def test_a_row_that_was_skipped_says_why():
    results = results_of({}, reasons={"peer/insert": "skipped: no peer: apt-get install peer"})

    assert cells(a_row(), results)[-1] == "skipped: no peer: apt-get install peer"


def test_a_row_that_failed_in_a_later_round_has_the_rounds_before_and_says_so():
    results = results_of(rates(3, 1), {}, reasons={"peer/insert": "failed: no answer"})

    assert cells(a_row(), results)[4] == "**3x**"
    assert cells(a_row(), results)[-1] == "floor met, until it failed: no answer"


def test_a_row_of_an_interrupted_run_has_the_rounds_that_have_both_sides():
    half = {"ours/insert": {"rate": 999.0, "cpu": 0.0}}

    assert cells(a_row(), results_of(rates(3, 1), half))[1:5:3] == ["3/s", "**3x**"]
    assert cells(a_row(), results_of(half))[-1] == "not measured"


def test_a_small_ratio_is_shown_in_percent_where_the_row_says_so():
    assert cells(a_row(in_percent=True), results_of(rates(6, 100)))[4] == "**6.0%**"


def test_every_timed_load_is_in_the_details():
    load = {"rate": 10.0, "cpu": 0.001, "p50": 0.002, "p99": 0.003}
    load |= {"server_load": 0.5, "client_load": 0.1}
    results = results_of({"ours/insert": load, "ours/start": {"start": 0.4}})

    assert report.details(results).splitlines()[2:] == [
        "| ours/insert | 10 | 2,000 | 3,000 | 1,000 | 50% | 10% |"
    ]


def test_a_curve_has_a_line_per_point_and_a_column_per_series():
    results = results_of(
        {job_name("ours/over", 1): {"rate": 100}, job_name("ours/over", 10): {"rate": 2000}},
        {job_name("ours/over", 1): {"rate": 300}, job_name("ours/over", 10): {"rate": 2000}},
        reasons={job_name("peer/over", 1): "skipped: no peer"},
    )

    assert report.curve(CURVE, results, long=False).splitlines() == [
        "Insert (tasks/s)",
        "",
        "| connections | ours | peer | slow peer |",
        "|---|---|---|---|",
        "| 1 | 200 |  |  |",
        "| 10 | 2,000 |  |  |",
        "",
        "peer: skipped: no peer",
    ]


def test_a_series_ends_where_its_peer_does():
    ours, peer, slow = CURVE.series

    assert CURVE.points_of(ours, long=True) == [1, 10, 100]
    assert CURVE.points_of(peer, long=True) == [1, 10]
    assert CURVE.points_of(slow, long=False) == []


def cells(row, results):
    """Those of the row's line."""
    (line,) = report.table([row], results).splitlines()[2:]
    return [cell.strip() for cell in line.strip("|").split("|")]
