"""How much is measured: the short form for every day, the long one for the record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How much is measured.

    Attributes:
        rounds: Of the table.
        seconds: How long one measurement of the table takes.
        curve_rounds: Of the curves.
        curve_seconds: How long one point of a curve takes.
        many: How many tasks the large backlog has.
        peak: How many tasks come and go in a peak.
        long: Whether curves have all their points and peers.
    """

    rounds: int
    seconds: int
    curve_rounds: int
    curve_seconds: int
    many: int
    peak: int
    long: bool


SHORT = Form(
    rounds=3,
    seconds=2,
    curve_rounds=1,
    curve_seconds=1,
    many=1_000_000,
    peak=20_000,
    long=False,
)

LONG = Form(
    rounds=3,
    seconds=10,
    curve_rounds=3,
    curve_seconds=5,
    many=10_000_000,
    peak=200_000,
    long=True,
)
