"""The one place where the control API is put together."""

from __future__ import annotations

from discovery import contract
from emulator.control import clock, peek, reset
from emulator.control.gate import Gate
from emulator.engine.engine import Engine
from emulator.rest.door import Extension


def extension(gate: Gate, engine: Engine) -> Extension:
    """The control API of *engine*, to be served by a door."""
    serve = {
        **clock.handlers(engine.clock),
        **peek.handlers(engine),
        **reset.handlers(engine),
    }
    return Extension(contract.control(), serve, gate.admit)
