from __future__ import annotations

import sys

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from tqsdk import ConfigError, QueueStats
from tqsdk.migrate.bridge import Counters, Mode, Standing, Switch
from tqsdk.migrate.bridge.modes import hindrance, steps
from tqsdk.migrate.bridge.telling import instrument


def test_a_switch_is_a_walk_along_the_row():
    assert steps(Mode.OLD, Mode.NEW) == [Mode.BACK, Mode.DUAL, Mode.DRAIN, Mode.NEW]
    assert steps(Mode.NEW, Mode.DUAL) == [Mode.DRAIN, Mode.DUAL]
    assert steps(Mode.DUAL, Mode.DUAL) == []


@pytest.mark.parametrize(
    ("begin", "end", "reason"),
    [
        (Mode.OLD, Mode.BACK, None),
        (Mode.BACK, Mode.DUAL, None),
        (Mode.DUAL, Mode.DRAIN, None),
        (Mode.NEW, Mode.DRAIN, None),
        (Mode.DRAIN, Mode.DUAL, None),
        (Mode.DUAL, Mode.DUAL, None),
        (Mode.DRAIN, Mode.NEW, "the old queue still has 2 tasks; nobody would lease them"),
        (Mode.BACK, Mode.OLD, "the new queue still has 1,000 tasks; nobody would lease them"),
        (Mode.OLD, Mode.DUAL, "a step at a time: back comes before dual"),
    ],
)
def test_a_step_is_held_back_by_tasks_that_it_would_leave_behind(begin, end, reason):
    assert hindrance(begin, end, old_tasks=2, new_tasks=1000) == reason
    standing = Standing(begin, QueueStats(total_tasks=2), QueueStats(total_tasks=1000))
    assert standing.hindrance(end) == reason


@pytest.mark.parametrize(("begin", "end"), [(Mode.DRAIN, Mode.NEW), (Mode.BACK, Mode.OLD)])
def test_an_empty_queue_can_be_left(begin, end):
    assert hindrance(begin, end, old_tasks=0, new_tasks=0) is None


def test_the_variable_is_looked_at_each_time(clock):
    environ = {"TASKQUEUE_BRIDGE": "old"}
    switch = Switch(environ, clock=clock)
    assert switch() is Mode.OLD

    environ["TASKQUEUE_BRIDGE"] = "dual"

    assert switch() is Mode.DUAL


def test_a_file_is_read_again_after_a_second(clock, tmp_path):
    file = tmp_path / "mode"
    file.write_text("drain\nsince Monday\n")
    switch = Switch({"TASKQUEUE_BRIDGE": f"@{file}"}, clock=clock)
    file.write_text("dual")
    assert switch() is Mode.DRAIN

    clock.advance(1)

    assert switch() is Mode.DUAL


@pytest.mark.parametrize("text", ["", "\n", "dua", "Old"])
def test_the_last_good_mode_holds_when_the_file_goes_bad(clock, tmp_path, caplog, text):
    file = tmp_path / "mode"
    file.write_text("drain")
    switch = Switch({"TASKQUEUE_BRIDGE": f"@{file}"}, clock=clock)

    file.write_text(text)
    for _ in range(3):
        clock.advance(1)
        assert switch() is Mode.DRAIN
    [record] = caplog.records
    assert "stays at drain" in record.getMessage()
    file.unlink()
    clock.advance(1)
    assert switch() is Mode.DRAIN

    file.write_text("new")
    clock.advance(1)
    assert switch() is Mode.NEW


@pytest.mark.parametrize("value", ["", "oldest", "@/no/such/file"])
def test_it_does_not_begin_without_a_mode(value):
    with pytest.raises(ConfigError, match=r"TASKQUEUE_BRIDGE"):
        Switch({"TASKQUEUE_BRIDGE": value} if value else {})


def test_counts_are_told_to_opentelemetry():
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    counters = Counters(instrument("mail", provider))

    counters.add("copied", 3)
    counters.add("copied")

    [metric] = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    [point] = metric.data.data_points
    assert (metric.name, metric.unit, point.value) == ("tqsdk.bridge.copied", "{task}", 4)
    assert point.attributes == {"messaging.destination.name": "mail"}


def test_without_opentelemetry_nothing_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    assert instrument("mail") is None


def test_the_report_names_what_was_counted_and_whether_the_queues_differ():
    counters = Counters()
    assert list(counters.text()) == ["no difference was seen"]
    counters.add("leased_old", 1200)
    counters.add("copy_owed", 2)
    counters.add("copy_settled", 1)

    assert counters.divergence == {"copy_owed": 1}
    assert next(counters.text()) == "     1,200  leases of tasks of the old queue"
    assert list(counters.text())[-1] == "the queues differ"
