"""Rounds give each peer its turn, and survive whatever befalls one of them."""

from __future__ import annotations

import pytest

from tests.benchmarks import rounds
from tests.benchmarks.curves import CURVES
from tests.benchmarks.errors import AbsentError, SpoiledError
from tests.benchmarks.measures import MEASURES, POINTS, peer_of
from tests.benchmarks.plots.svg import COLOURS
from tests.benchmarks.rows import ROWS
from tests.benchmarks.tests.results import a_row


@pytest.fixture
def do(tmp_path, monkeypatch):
    """Runs jobs, and returns what came of it and in which order they ran."""
    monkeypatch.setattr(rounds, "flush_seconds", lambda folder, seconds: 0.0001)

    def run(jobs, **options):
        ran = []
        recorded = {name: recording(name, job, ran) for name, job in jobs.items()}
        results = rounds.run(recorded, folder=tmp_path, say=lambda text: None, **options)
        return results, ran

    return run


def test_each_second_round_goes_the_other_way(do):
    results, ran = do({"a": one, "b": one}, rounds=3)

    assert ran == ["a", "b", "b", "a", "a", "b"]
    assert results.values("a", "rate") == [1, 1, 1]


def test_what_is_there_to_be_known_is_measured_once(do):
    _, ran = do({"a": one, "b": one}, rounds=2, once={"b"})

    assert ran == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AbsentError("no peer: apt-get install peer"), "skipped: no peer: apt-get install peer"),
        (SpoiledError("it said:\n  no"), "failed: it said: no"),
    ],
)
def test_what_cannot_be_measured_has_a_reason_and_is_not_tried_again(do, error, reason):
    results, ran = do({"a": raising(error), "b": one}, rounds=2)

    assert ran == ["a", "b", "b"]
    assert results.reasons == {"a": reason}


def test_an_interrupt_keeps_what_there_is(do):
    results, _ = do({"a": one, "b": raising(KeyboardInterrupt())}, rounds=2)

    assert results.interrupted
    assert results.figures == [{"a": {"rate": 1}}]


def test_a_measurement_that_a_row_with_a_floor_needs_is_in_every_round():
    asking = a_row()
    knowing = a_row(floor=None, goal=None, theirs=("peer/defaults", "rate"))

    assert rounds.names_for_information([asking, knowing]) == {"peer/defaults"}


def test_every_row_is_of_measurements_that_there_are():
    assert {name for row in ROWS for name in row.measures} == set(MEASURES)


def test_every_curve_is_of_points_that_there_are():
    assert {series.measure for curve in CURVES for series in curve.series} == set(POINTS)


def test_every_key_is_one_of_its_own():
    for all_of in (ROWS, CURVES):
        keys = [each.key for each in all_of]
        assert sorted(set(keys)) == sorted(keys)


def test_a_row_that_has_a_floor_has_a_goal_beyond_it():
    for row in ROWS:
        assert (row.floor is None) == (row.goal is None)
        assert row.floor is None or row.meets(row.goal, row.floor)


def test_a_curve_has_no_more_series_than_there_are_colours():
    assert max(len(curve.series) for curve in CURVES) <= COLOURS


def test_a_measurement_is_named_after_its_peer():
    names = {"ours", "ours-tokens", "ours-journal", "sqlite", "client"}
    names |= {"azurite", "azurite-defaults", "moto", "pubsub"}
    names |= {"nginx", "nginx-defaults", "beanstalkd", "beanstalkd-defaults"}

    assert {peer_of(name) for name in (*MEASURES, *POINTS)} == names


def recording(name, job, ran):
    def record():
        ran.append(name)
        return job()

    return record


def one():
    return {"rate": 1}


def raising(error):
    def job():
        raise error

    return job
