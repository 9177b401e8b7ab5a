"""What is measured of a test's server."""

from __future__ import annotations

import json

from tests.benchmarks.fixture_start import main


def test_the_first_start_and_the_next_are_told_in_seconds(capsys):
    main("thread")

    said = json.loads(capsys.readouterr().out)
    assert said.keys() == {"first", "again"}
    assert 0 < min(said.values()) <= max(said.values()) < 60
