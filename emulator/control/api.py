"""The one place where the control API is put together."""

from __future__ import annotations

from discovery import contract
from emulator.control import clock, peek, reset
from emulator.control.gate import Gate
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.rest.door import Extension


def extension(gate: Gate, engine: Engine, controlled: ControlledClock) -> Extension:
    """The control API of *engine*, whose clock is *controlled*, to be served by a door."""
    serve = {
        **clock.handlers(controlled),
        **peek.handlers(engine),
        **reset.handlers(engine, forget=[controlled.forget]),
    }
    return Extension(contract.control(), serve, gate.admit)
