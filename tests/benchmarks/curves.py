"""The curves: what changes as one size grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a curve.

    Attributes:
        label: What table and plot call it.
        measure: Its measurement, of ``POINTS``.
        figure: Which of that measurement's figures.
        most: The largest point that the peer can do, or does in bearable time; None is any.
        only_long: Whether the short form goes without it.
    """

    label: str
    measure: str
    figure: str = "rate"
    most: int | None = None
    only_long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Figures over a size.

    Attributes:
        key: What ``--curves`` and the plot's file are called.
        title: What it is about.
        axis: What grows.
        unit: Of the figures: tasks/s or us.
        points: Where it is measured.
        long_points: Where the long form measures it.
        series: Its lines.
    """

    key: str
    title: str
    axis: str
    unit: str = "tasks/s"
    points: Sequence[int]
    long_points: Sequence[int]
    series: Sequence[Series]

    def points_of(self, series: Series, *, long: bool) -> list[int]:
        """Where *series* is measured in the long form, or in the short one."""
        if series.only_long and not long:
            return []
        points = self.long_points if long else self.points
        return [each for each in points if series.most is None or each <= series.most]


def job_name(measure: str, point: int) -> str:
    """What results call *measure* at *point*."""
    return f"{measure} {point:,}"


_CONNECTIONS = (1, 16, 256)
_LONG_CONNECTIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_BYTES = (100, 1_024, 65_536, 1_048_576)

CURVES = (
    Curve(
        key="backlog",
        title="Lease 1 over one connection, p50",
        axis="waiting tasks of 200 B",
        unit="us",
        points=(1_000, 30_000, 1_000_000),
        long_points=(1_000, 10_000, 100_000, 1_000_000, 10_000_000),
        series=(
            Series(label="ours, by order", measure="ours/lease out of", figure="p50"),
            Series(label="ours, by tag", measure="ours/lease out of", figure="tag_p50"),
            Series(label="Azurite", measure="azurite/lease out of", figure="p50", most=10_000),
        ),
    ),
    Curve(
        key="batch",
        title="Inserts in batch calls",
        axis="inserts per call",
        points=(1, 30, 1_000),
        long_points=(1, 10, 100, 1_000),
        series=(
            Series(label="ours, 8 connections", measure="ours/batch of"),
            Series(label="ours, 1 connection", measure="ours/batch over one connection of"),
            Series(
                label="Pub/Sub emulator, 1 connection", measure="pubsub/publish of", only_long=True
            ),
        ),
    ),
    Curve(
        key="lease",
        title="Lease out of 3,000, over 8 connections",
        axis="tasks per lease",
        points=(1, 32, 1_000),
        long_points=(1, 3, 10, 32, 100, 316, 1_000),
        series=(
            Series(label="ours", measure="ours/lease of"),
            Series(label="Azurite", measure="azurite/lease of", most=32),
        ),
    ),
    Curve(
        key="payload",
        title="Insert, and lease 1, over 8 connections",
        axis="bytes of payload",
        points=_BYTES,
        long_points=_BYTES,
        series=(
            Series(label="ours, insert", measure="ours/insert bytes"),
            Series(label="ours, lease 1", measure="ours/lease bytes"),
            Series(label="raw SQLite FULL", measure="sqlite/insert bytes"),
            Series(label="beanstalkd -f0", measure="beanstalkd/put bytes", most=65_535),
            Series(label="Azurite", measure="azurite/insert bytes", most=48 * 1_024),
        ),
    ),
    Curve(
        key="connections",
        title="Insert",
        axis="connections",
        points=_CONNECTIONS,
        long_points=_LONG_CONNECTIONS,
        series=(
            Series(label="ours", measure="ours/insert over connections"),
            Series(label="beanstalkd -f0", measure="beanstalkd/put over connections"),
            Series(label="Azurite", measure="azurite/insert over connections"),
        ),
    ),
    Curve(
        key="latency",
        title="Insert, latency",
        axis="connections",
        unit="us",
        points=_CONNECTIONS,
        long_points=_LONG_CONNECTIONS,
        series=(
            Series(label="ours, p50", measure="ours/insert over connections", figure="p50"),
            Series(label="ours, p99", measure="ours/insert over connections", figure="p99"),
            Series(
                label="beanstalkd -f0, p50",
                measure="beanstalkd/put over connections",
                figure="p50",
            ),
            Series(
                label="beanstalkd -f0, p99",
                measure="beanstalkd/put over connections",
                figure="p99",
            ),
        ),
    ),
    Curve(
        key="mixed",
        title="Insert, lease and delete together: tasks that came and went",
        axis="connections",
        points=(1, 64),
        long_points=_LONG_CONNECTIONS,
        series=(
            Series(label="ours", measure="ours/mixed over connections"),
            Series(label="Azurite", measure="azurite/mixed over connections"),
            Series(
                label="Pub/Sub emulator", measure="pubsub/mixed over connections", only_long=True
            ),
        ),
    ),
)
