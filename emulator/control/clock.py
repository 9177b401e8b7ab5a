"""What time the server has, and how its time goes."""

from __future__ import annotations

from collections.abc import Callable

from emulator.control.serving import serving
from emulator.engine.clock import LATEST, MICROSECONDS
from emulator.engine.controlled_clock import ControlledClock, Reading
from emulator.engine.store import Work
from emulator.rest import errors
from emulator.rest.endpoint import Plan, Serve
from emulator.rest.parse import Arguments
from emulator.rest.render import Members
from emulator.rest.times import instant, rfc3339

_MOST_SECONDS = LATEST // MICROSECONDS
_MOST_FACTOR = 1_000_000


def handlers(clock: ControlledClock) -> dict[str, Serve]:
    """The methods of the resource ``clock``."""
    return {
        "emulator.clock.get": _serve(lambda given: clock.read),
        "emulator.clock.freeze": _serve(lambda given: clock.freeze()),
        "emulator.clock.advance": _serve(lambda given: clock.advance(_microseconds(given))),
        "emulator.clock.set": _serve(lambda given: clock.set(_time(given))),
        "emulator.clock.scale": _serve(lambda given: clock.scale(_factor(given))),
        "emulator.clock.autoJump": _serve(lambda given: clock.auto_jump(_microseconds(given))),
    }


def _serve(work_for: Callable[[Arguments], Work[Reading]]) -> Serve:
    return serving(lambda variables, arguments: Plan(work_for(arguments), _shown))


def _shown(reading: Reading) -> Members:
    state = reading.state
    return {
        "time": rfc3339(reading.now),
        "microseconds": str(reading.now),
        "virtual": state is not None,
        "factor": 1.0 if state is None else state.factor,
        "autoJumpSeconds": 0.0 if state is None else state.auto_jump / MICROSECONDS,
    }


def _microseconds(given: Arguments) -> int:
    return round(_number(given, "seconds", most=_MOST_SECONDS) * MICROSECONDS)


def _factor(given: Arguments) -> float:
    return _number(given, "factor", most=_MOST_FACTOR)


def _number(given: Arguments, name: str, *, most: int) -> float:
    number: float = given[name]
    if not 0 <= number <= most:
        raise errors.out_of_range(name, number, low=0, high=most)
    return number


def _time(given: Arguments) -> int:
    text: str = given["time"]
    try:
        return instant(text)
    except ValueError as error:
        raise errors.invalid_time("time", text) from error
