"""The plots are pictures of the tables."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.benchmarks.curves import Curve, Series, job_name
from tests.benchmarks.plots import svg
from tests.benchmarks.plots.curves import plot as plot_curve
from tests.benchmarks.plots.rows import plot as plot_rows
from tests.benchmarks.tests.results import a_row, rates, results_of

CURVE = Curve(
    key="curve",
    title="Insert & <more>",
    axis="connections",
    points=(1, 10, 100),
    long_points=(1, 10, 100),
    series=(Series(label="ours", measure="ours/over"), Series(label="peer", measure="peer/over")),
)
SVG = "{http://www.w3.org/2000/svg}"


def test_a_curve_has_a_line_of_each_series_and_a_mark_of_each_point():
    picture = ElementTree.fromstring(
        plot_curve(CURVE, of(ours={1: 100, 10: 900, 100: 5000}, peer={1: 50, 10: 60}))
    )

    ours, peer = (points_of(each) for each in picture.iter(f"{SVG}polyline"))
    assert [len(ours), len(peer)] == [3, 2]
    assert [x for x, _ in ours] == sorted(x for x, _ in ours)
    # Up is less in a picture.
    assert ours[0][1] > ours[1][1] > ours[2][1]
    assert ours[0][0] == peer[0][0]
    assert len(list(picture.iter(f"{SVG}path"))) == 5 + 2
    assert {"ours", "peer", "connections", "Insert & <more> (tasks/s)"} <= words(picture)


def test_a_series_that_was_not_measured_is_not_in_the_legend():
    picture = ElementTree.fromstring(plot_curve(CURVE, of(ours={1: 100})))

    assert "ours" in words(picture)
    assert "peer" not in words(picture)


def test_nothing_measured_is_no_picture():
    assert plot_curve(CURVE, results_of({})) is None
    assert plot_rows([a_row()], results_of({})) is None
    assert plot_rows([a_row(floor=None, goal=None)], results_of(rates(1, 1))) is None


def test_a_bar_goes_from_the_floor_to_what_was_reached():
    (below, above), floor = bars([rates(1, 1), rates(8, 1)])

    assert below["right"] == pytest.approx(floor, abs=0.2)
    assert above["left"] == pytest.approx(floor, abs=0.2)


def test_a_bar_grows_with_what_is_better_even_if_that_is_less():
    (below, above), floor = bars([rates(4, 1), rates(1, 1)], goal=1.5, less_is_better=True)

    assert below["right"] == pytest.approx(floor, abs=0.2)
    assert above["left"] == pytest.approx(floor, abs=0.2)


def test_a_picture_is_readable_in_light_and_in_dark():
    picture = plot_curve(CURVE, of(ours={1: 100}))

    light, dark = picture.split("@media (prefers-color-scheme:dark)")
    for number in range(svg.COLOURS):
        assert f".line{number}{{stroke:" in light
        assert f".line{number}{{stroke:" in dark


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1, 1000, [1, 10, 100, 1000]),
        (3, 2500, [1, 10, 100, 1000, 10000]),
        (130, 410, [100, 200, 500]),
        (7, 7, [5, 10]),
        (0.05, 0.4, [0.05, 0.1, 0.2, 0.5]),
    ],
)
def test_ticks_are_round_and_go_all_the_way(low, high, ticks):
    assert svg.ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5, "0.5"), (256, "256"), (1000, "1k"), (10**7, "10M"), (1024, "1 Ki"), (2**20, "1 Mi")],
)
def test_numbers_are_short(value, shown):
    assert svg.short(value) == shown


def of(**series):
    """Results in which each of ours and the peer has those rates at those points."""
    return results_of(
        {
            job_name(f"{name}/over", point): {"rate": rate}
            for name, points in series.items()
            for point, rate in points.items()
        }
    )


def bars(found, **changes):
    """The bars of rows that found those rates, and where the floor is."""
    rows, figures = [], {}
    for number, each in enumerate(found):
        figures |= {f"{name} {number}": value for name, value in each.items()}
        ours, theirs = (f"{side}/insert {number}" for side in ("ours", "peer"))
        rows.append(a_row(ours=(ours, "rate"), theirs=(theirs, "rate"), **changes))
    picture = ElementTree.fromstring(plot_rows(rows, results_of(figures)))
    boxes = [box for box in picture.iter(f"{SVG}rect") if box.get("class") != "page"]
    floor = next(line for line in picture.iter(f"{SVG}line") if line.get("class") == "wanted")
    edges = [
        {"left": float(box.get("x")), "right": float(box.get("x")) + float(box.get("width"))}
        for box in boxes
    ]
    return edges, float(floor.get("x1"))


def points_of(line):
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


def words(picture):
    return {each.text for each in picture.iter(f"{SVG}text")}
