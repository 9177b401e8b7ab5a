"""Records to move, a ledger, and the settings of addresses, for tests of targets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tqsdk.clock import SystemClock
from tqsdk.migrate.moving import addresses
from tqsdk.migrate.moving.addresses import Settings
from tqsdk.migrate.moving.ledger import Ledger, Tally
from tqsdk.migrate.moving.model import Record
from tqsdk.migrate.moving.mover import Pace, move

BEGIN = 1_700_000_000_000_000  # microseconds; long ago


def a_record(name: str = "a", **changes) -> Record:
    given = {"project": "my-app", "queue": "mail", "name": name, "payload": name.encode()}
    return Record(**{**given, "eta": BEGIN, "enqueued_at": BEGIN - BEGIN % 1_000_000, **changes})


def many_records(count: int) -> Iterator[Record]:
    """All kinds of tasks, in the order of their names; those with equal counts are equal."""
    dice = random.Random(7)
    for number in range(count):
        yield a_record(
            f"task-{number:06}",
            payload=dice.randbytes(dice.choice((0, 1, 60, 300))),
            tag=dice.choice(("", "red", "bl\u00fce", "a/b c")),
            eta=BEGIN + number,
            eta_given=dice.random() < 0.5,
            retry_count=dice.choice((0, 0, 0, 3)),
        )


def settings(**changes) -> Settings:
    def client():
        raise AssertionError("no server is asked")

    return Settings(**{"clock": SystemClock(), "client": client, "note": print, **changes})


def move_all(source: str, target: str, ledger: Path, **changes) -> Tally:
    """Move from one address to another, as ``tq migrate copy`` does."""
    given = settings(**changes)
    with Ledger(ledger, f"{source} {target}") as book:
        there = addresses.target(target, given)
        here = addresses.source(source, given, book)
        try:
            pace = Pace(None, given.clock)
            moved = move(here, there, book, pace=pace, most_refused=0, step=lambda count: None)
            return moved.tally
        finally:
            here.close()
            there.close()


def read_all(address: str, **changes) -> list[Record]:
    with addresses.reading(address, settings(**changes)) as records:
        return sorted(records, key=lambda each: (each.queue, each.name or ""))


def write_file(path: Path, records: list[Record]) -> str:
    """A file of *records*; its address."""
    from discovery.jsonl import Header, write

    path.write_bytes(b"".join(write(Header(), records)))
    return f"file:{path}"
