"""What google-api-python-client makes of each fault, measured: the table in ``docs/retries.md``.

``python -m tests.together.fault_table`` measures and writes the file; with ``--check`` it only says
if it is stale.
"""

from __future__ import annotations

import argparse
import logging
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import cycle
from pathlib import Path

import emulator
from emulator.testing import Server
from tests.together.drivers import PATIENCE, Driver
from tests.together.faults import FAULTS, Fault, trouble_with
from tests.together.google_driver import google_driver
from tests.together.matrix import BY_NAME, OPERATIONS, End, Operation, end_of
from tests.together.relay import EVERY_TENTH_LOST, relay_to
from tqsdk import Client

DOCUMENT = Path(__file__).parents[2] / "docs" / "retries.md"

# How a fault ends that leaves it to luck how far the client gets cannot be written down.
SHOWN = [fault for fault in FAULTS if fault.may_be_done is not None]

_CALLS = 200

_READS = [each for each in OPERATIONS if not each.changes]

_COLUMNS: dict[str, tuple[int, list[Operation]]] = {
    "insert, `num_retries=0`": (0, [BY_NAME["insert"]]),
    "insert": (3, [BY_NAME["insert"]]),
    "insert with an id": (3, [BY_NAME["insert, named by the user"]]),
    "lease": (3, [BY_NAME["lease"]]),
    "renew": (3, [BY_NAME["renew"]]),
    "release": (3, [BY_NAME["release"]]),
    "delete": (3, [BY_NAME["delete"]]),
    "get, list, stats": (3, _READS),
}

_INTRODUCTION = """\
# Retries, measured

What happens if something goes wrong once between a client and the server, and then all is well. The
faults are made on sockets, by a relay in front of a real server, and what happened is read from the
server. This file is made by `python -m tests.together.fault_table`, and a test keeps it fresh.

## tqsdk

Under every fault of the table below, and for every operation, tqsdk carries the operation out
exactly once and returns the right answer. One exception: `insert(dedupe=False)`, which gives up
what makes a repetition safe, raises `AmbiguousResultError` in the rows with a †, where nobody can
know what the server did. So does a lease, if the server does not know `X-TaskQueue-Attempt`: it is
never silently counted twice. `tests/together/test_fault_matrix.py` checks each cell.

If a fault lasts, every operation ends in a typed error with at most one effect, and the error's
`ambiguous` says whether there may be one.

Two thousand inserts and two thousand leases through a proxy that loses every tenth answer leave two
thousand tasks, each leased once (`test_every_tenth_answer_lost.py`; `make soak` does twenty
thousand).

## google-api-python-client

With `execute(num_retries=3)`, but for the first column:
"""

_LEGEND = """\
- **twice**: done twice, and answered as if once. There are two tasks, or two leases of which the
  caller knows one.
- done, but fails: carried out, and an error raised as if it had not been.
- **not done**: answered as if it had been done.
- once, fails: as it should be.

It takes no `num_retries` to store a task twice: httplib2, which carries the requests, repeats one
by itself if the connection is closed or reset before an answer.
"""


def document(server: Server) -> str:
    """The text of ``docs/retries.md``, measured with *server*."""
    head = _line(["fault", *_COLUMNS]), _line(["---"] * (1 + len(_COLUMNS)))
    table = "".join([*head, *(row(fault, server) for fault in SHOWN)])
    return "\n".join([_INTRODUCTION, table, _LEGEND, shares(server)])


def row(fault: Fault, server: Server) -> str:
    """The line of the table about *fault*."""
    cells = [f"{fault.name}{' †' if fault.may_be_done else ''}"]
    for retries, operations in _COLUMNS.values():
        words = {
            _word(operation, end_of(operation, fault, server, google_driver(retries)))
            for operation in operations
        }
        cells.append(", or ".join(sorted(words)))
    return _line(cells)


def shares(server: Server) -> str:
    """What is left of many calls through a proxy that loses every tenth answer."""
    with (
        Client(f"shares-{uuid.uuid4().hex[:12]}", endpoint=server.url) as looker,
        relay_to(*server.address) as relay,
        trouble_with(relay) as trouble,
        closing(google_driver(3)(trouble, looker.project, "q1", PATIENCE)) as driver,
    ):
        queue = looker.queue("q1")
        relay.will_always(cycle(EVERY_TENTH_LOST))
        _repeat(lambda driver: driver.insert(None), driver)
        stored = queue.stats().total_tasks
        relay.will_always(cycle(EVERY_TENTH_LOST))
        _repeat(lambda driver: driver.lease(), driver)
        leased = queue.stats().leased_last_hour
    return (
        f"Through a proxy that loses every tenth answer, {_CALLS} inserts with it store {stored}"
        f" tasks, and {_CALLS} leases of one task each lease {leased}.\n"
    )


def _word(operation: Operation, end: End) -> str:
    if end.error is not None:
        return "done, but fails" if operation.changes and end.effects else "fails"
    if end.effects > 1:
        return "**twice**"
    return "once" if end.effects else "**not done**"


def _repeat(operation: Callable[[Driver], object], driver: Driver) -> None:
    for _ in range(_CALLS):
        operation(driver)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the file, or with ``--check`` say whether it is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.together.fault_table")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it is stale")
    check = parser.parse_args(arguments).check
    logging.disable(logging.WARNING)  # Google's client logs each of its retries
    with emulator.running(mode="process") as server:
        text = document(server)
    if not check:
        DOCUMENT.write_text(text, encoding="utf-8")
    elif DOCUMENT.read_text(encoding="utf-8") != text:
        print(
            f"{DOCUMENT.name} is stale: run python -m tests.together.fault_table", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
