"""The one place where the control API is put together."""

from __future__ import annotations

from discovery import contract
from emulator.control import clock as clock_methods
from emulator.control.gate import Gate
from emulator.engine.clock import Clock
from emulator.rest.door import Extension


def extension(gate: Gate, clock: Clock) -> Extension:
    """The control API, to be served by a door."""
    return Extension(contract.control(), clock_methods.handlers(clock), gate.admit)
