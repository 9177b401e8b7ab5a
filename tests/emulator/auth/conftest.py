"""What every test of who may call needs."""

from __future__ import annotations

import pytest

from emulator.engine.clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def tokens_path(tmp_path, monkeypatch):
    """A tokens file for a server that looks at it each time, as soon as a test has changed it."""
    monkeypatch.setattr("emulator.auth.book._RECENT_SECONDS", 0)
    return tmp_path / "tokens.json"
