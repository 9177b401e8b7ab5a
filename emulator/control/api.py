"""The one place where the control API is put together."""

from __future__ import annotations

from discovery import contract
from emulator.control import clock, peek, reset
from emulator.control.faults import methods as fault_methods
from emulator.control.faults.book import FaultBook
from emulator.control.gate import Gate
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.rest.door import Extension


def extension(
    gate: Gate, engine: Engine, controlled: ControlledClock, faults: FaultBook
) -> Extension:
    """The control API of *engine*, whose clock is *controlled*, to be served by a door."""
    serve = {
        **clock.handlers(controlled),
        **peek.handlers(engine),
        **fault_methods.handlers(faults),
        **reset.handlers(engine, forget=[controlled.forget, faults.clear]),
    }
    return Extension(contract.control(), serve, gate.admit)
