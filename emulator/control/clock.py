"""What time the server has."""

from __future__ import annotations

from datetime import UTC, datetime

from emulator.engine.clock import Clock
from emulator.rest.endpoint import Serve
from emulator.rest.render import Members


def handlers(clock: Clock) -> dict[str, Serve]:
    """The methods of the resource ``clock``."""

    def get(*_: object) -> Members:
        now = clock.now()
        return {
            "time": rfc3339(now),
            "microseconds": str(now),
            "virtual": False,
            "factor": 1.0,
            "autoJumpSeconds": 0.0,
        }

    return {"emulator.clock.get": get}


def rfc3339(microseconds: int) -> str:
    """An instant as in ``2027-01-15T08:00:00.000000Z``."""
    instant = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{microseconds % 1_000_000:06}Z"
