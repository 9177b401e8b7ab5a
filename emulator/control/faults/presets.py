"""Rules with a name: what clients of this API have to live with, in three places.

=================  ========================================================================
``dev_appserver``  Google's development server failed one in twenty of the deletes that named
                   their application, at random: TRANSIENT_ERROR, and nothing done. It spoiled
                   nothing else.
``flaky``          A network and a server that are mostly well. Of a hundred calls, about two
                   are answered 503 and not done, one is answered 500 though it is done, two
                   are done and their answer is lost, and ten are up to a second late.
``brownout``       A server at its limit. All answers are late, by half a second in the median
                   and five at most. Of ten calls, about three are turned away, to come back
                   in two seconds, and one is done but never answered.
=================  ========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.control.faults.reading import read_rule
from emulator.control.faults.rule import Rule

_LATE = {"distribution": "lognormal", "seconds": 0.5, "mostSeconds": 5.0}

# The order counts: the first rule that holds for a call spoils it.
PRESETS: Mapping[str, list[dict[str, Any]]] = {
    "dev_appserver": [{"method": "delete", "probability": 0.05, "status": 503}],
    "flaky": [
        {"probability": 0.02, "status": 503},
        {"probability": 0.01, "status": 500, "when": "after"},
        {"probability": 0.02, "answer": "cut", "when": "after"},
        {
            "probability": 0.1,
            "latency": {"distribution": "lognormal", "seconds": 0.05, "mostSeconds": 1.0},
        },
    ],
    "brownout": [
        {"probability": 0.3, "status": 503, "retryAfterSeconds": 2, "latency": _LATE},
        {"probability": 0.14, "answer": "withheld", "when": "after"},
        {"latency": _LATE},
    ],
}


def preset(name: str, *, seed: int) -> list[Rule] | None:
    """The rules of the preset called *name*, drawing with *seed*; None if there is none."""
    rules = PRESETS.get(name)
    return None if rules is None else [read_rule(_seeded(each, seed)) for each in rules]


def _seeded(members: dict[str, Any], seed: int) -> dict[str, Any]:
    return {**members, "seed": seed}
