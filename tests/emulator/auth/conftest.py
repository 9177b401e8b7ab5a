"""What every test of who may call needs."""

from __future__ import annotations

import pytest

from emulator.engine.clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def tokens_path(tmp_path):
    return tmp_path / "tokens.json"
