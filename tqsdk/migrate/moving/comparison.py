"""Whether two places have the same tasks: compared by name, on the disk, so that memory is flat.

Queues and projects may have other names, as long as each side has one. An ETA counts if somebody
chose it and the task was never leased; all others say only when it was inserted, or leased.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tqsdk.migrate.moving.model import Record

_EXAMPLES = 10
_AT_ONCE = 1000

_SCHEMA = """
CREATE TABLE task (
    side INTEGER, project TEXT, queue TEXT, name TEXT, sha256 BLOB, tag TEXT, eta INTEGER,
    copies INTEGER DEFAULT 1,
    PRIMARY KEY (side, name, project, queue)
) WITHOUT ROWID
"""

_INSERT = """
INSERT INTO task (side, project, queue, name, sha256, tag, eta) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET copies = copies + 1
"""

# Each finds one kind of difference, with the names of its tasks.
_PAIR = """
SELECT a.queue, a.name FROM task a JOIN task b
ON a.side = 0 AND b.side = 1 AND b.name = a.name AND {same} WHERE """
_ONLY = """
SELECT a.queue, a.name FROM task a
WHERE a.side = {side} AND NOT EXISTS (
    SELECT 1 FROM task b WHERE b.side = 1 - {side} AND b.name = a.name AND {same})
"""
_TWICE = "SELECT queue, name FROM task WHERE side = {side} AND copies > 1"

_KINDS = {
    "only_in_a": _ONLY.replace("{side}", "0"),
    "only_in_b": _ONLY.replace("{side}", "1"),
    "payload": _PAIR + "a.sha256 != b.sha256",
    "tag": _PAIR + "a.tag != b.tag",
    "eta": _PAIR + "a.eta IS NOT NULL AND b.eta IS NOT NULL AND a.eta != b.eta",
    "twice_in_a": _TWICE.replace("{side}", "0"),
    "twice_in_b": _TWICE.replace("{side}", "1"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Tasks that differ in one way.

    Attributes:
        count: How many.
        examples: The first ten of them, as ``QUEUE/NAME``.
    """

    count: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two places have.

    Attributes:
        tasks_in_a: How many tasks.
        tasks_in_b: Likewise.
        differences: By kind: ``only_in_a``, ``only_in_b``, ``payload``, ``tag``, ``eta``,
            ``twice_in_a``, ``twice_in_b``. Empty if all is the same.
        sha256_of_a: Of names, payloads and tags of all tasks, in the order of their names; the same
            for the same tasks, wherever they are.
        sha256_of_b: Likewise.
    """

    tasks_in_a: int
    tasks_in_b: int
    differences: dict[str, Difference] = field(default_factory=dict[str, Difference])
    sha256_of_a: str = ""
    sha256_of_b: str = ""

    @property
    def is_same(self) -> bool:
        return not self.differences

    def members(self) -> dict[str, object]:
        """As JSON."""
        return {"same": self.is_same, **asdict(self)}


def compare(
    a: Iterable[Record],
    b: Iterable[Record],
    *,
    across: bool = False,
    step: Callable[[int], None] = lambda count: None,
) -> Comparison:
    """Compare all tasks of *a* and *b*.

    Args:
        a: Read once, in any order.
        b: Likewise.
        across: Whether tasks of different queues and projects are the same by name alone. They are
            anyway if all tasks of each side are of one queue.
        step: Told of tasks that are read.
    """
    with _database() as database:
        counts = [_load(database, side, records, step) for side, records in enumerate((a, b))]
        same = "1" if across or _has_one_queue_each(database) else _SAME_PLACE
        found = {kind: _difference(database, find, same) for kind, find in _KINDS.items()}
        return Comparison(
            tasks_in_a=counts[0],
            tasks_in_b=counts[1],
            differences={kind: each for kind, each in found.items() if each.count},
            sha256_of_a=_digest(database, 0),
            sha256_of_b=_digest(database, 1),
        )


_SAME_PLACE = "a.project = b.project AND a.queue = b.queue"


@contextmanager
def _database() -> Generator[sqlite3.Connection]:
    with (
        tempfile.TemporaryDirectory(prefix="tq-verify-") as folder,
        closing(sqlite3.connect(Path(folder) / "tasks", isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute(_SCHEMA)
        yield database


def _load(
    database: sqlite3.Connection,
    side: int,
    records: Iterable[Record],
    step: Callable[[int], None],
) -> int:
    count = 0
    rows: list[tuple[object, ...]] = []
    for record in records:
        rows.append(_row(side, record))
        count += 1
        if len(rows) == _AT_ONCE:
            _write(database, rows, step)
    _write(database, rows, step)
    return count


def _write(
    database: sqlite3.Connection, rows: list[tuple[object, ...]], step: Callable[[int], None]
) -> None:
    database.execute("BEGIN")
    database.executemany(_INSERT, rows)
    database.execute("COMMIT")
    step(len(rows))
    rows.clear()


def _row(side: int, record: Record) -> tuple[object, ...]:
    is_chosen = record.eta_given and not record.retry_count
    return (
        side,
        record.project,
        record.queue,
        record.name,
        hashlib.sha256(record.payload).digest(),
        record.tag,
        record.eta if is_chosen else None,
    )


def _has_one_queue_each(database: sqlite3.Connection) -> bool:
    many = "SELECT side FROM task GROUP BY side HAVING count(DISTINCT project || '/' || queue) > 1"
    return database.execute(many).fetchone() is None


def _difference(database: sqlite3.Connection, find: str, same: str) -> Difference:
    statement = find.replace("{same}", same)
    counted = f"SELECT count(*) FROM ({statement})"
    count: int = database.execute(counted).fetchone()[0]
    if not count:
        return Difference(0, [])
    rows = database.execute(f"{statement} ORDER BY 1, 2 LIMIT {_EXAMPLES}").fetchall()
    return Difference(count, [f"{queue}/{name}" for queue, name in rows])


def _digest(database: sqlite3.Connection, side: int) -> str:
    digest = hashlib.sha256()
    find = "SELECT name, sha256, tag FROM task WHERE side = ? ORDER BY name, project, queue"
    for name, sha256, tag in database.execute(find, (side,)):
        digest.update(f"{name}\0{sha256.hex()}\0{tag}\n".encode())
    return digest.hexdigest()


# Of the kinds of differences, for people.
TITLES = {
    "only_in_a": "only in A",
    "only_in_b": "only in B",
    "payload": "other payloads",
    "tag": "other tags",
    "eta": "other ETAs",
    "twice_in_a": "more than once in A",
    "twice_in_b": "more than once in B",
}


def text(comparison: Comparison, a: str, b: str) -> Iterator[str]:
    """The report, for people."""
    yield f"A  {a}: {comparison.tasks_in_a:,} tasks, {comparison.sha256_of_a}"
    yield f"B  {b}: {comparison.tasks_in_b:,} tasks, {comparison.sha256_of_b}"
    for kind, difference in comparison.differences.items():
        yield f"{TITLES[kind]}: {difference.count:,}"
        yield from (f"  {example}" for example in difference.examples)
        if difference.count > len(difference.examples):
            yield "  ..."
    yield "the same" if comparison.is_same else "different"
