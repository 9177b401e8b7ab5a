"""``python -m tests.benchmarks.fixture_start MODE``: how long until ``emulator.running()`` answers.

Prints the seconds of the first time, from before the import, and of the next ones, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median
from typing import Any

_AGAIN = 5


def _seconds(mode: Any) -> float:
    start = time.perf_counter()
    import emulator

    with emulator.running(mode=mode) as server:
        server.queues()
        return time.perf_counter() - start


def main(mode: str) -> None:
    """Measure, and print."""
    first = _seconds(mode)
    again = median(_seconds(mode) for _ in range(_AGAIN))
    print(json.dumps({"first": first, "again": again}))


if __name__ == "__main__":
    main(sys.argv[1])
