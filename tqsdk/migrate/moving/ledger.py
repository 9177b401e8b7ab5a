"""How far a move has come, on the disk: what a run that was killed is taken up from.

It is a small SQLite file, each change of which is on the disk before the method returns. One run
has it at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tqsdk.migrate.moving.model import Fate, MoveError, Outcome, Record

_VERSION = "1"

_AT_ONCE = 1000  # tasks

_SCHEMA = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE refusal (name TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE held (
    name TEXT PRIMARY KEY, token INTEGER NOT NULL, retry_count INTEGER NOT NULL,
    released INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records were stored, were there before, and were refused."""

    stored: int = 0
    there: int = 0
    refused: int = 0

    @property
    def all(self) -> int:
        return self.stored + self.there + self.refused


@dataclass(frozen=True, slots=True)
class Begun:
    """The batch that was on its way.

    Attributes:
        is_put: Whether it is at the target, so that only the source is to be told.
    """

    place: str
    is_put: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A task that is leased, and what proves it."""

    name: str
    token: int
    retry_count: int


class Ledger:
    """The ledger of one move.

    Args:
        path: Made if it is not there.
        move: What is moved, from where, to where, how: a ledger is for one move only.

    Raises:
        MoveError: It is another move's, another run has it, or it is no ledger.
    """

    def __init__(self, path: Path, move: str) -> None:
        self.path = path
        self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._begin(move)
        except sqlite3.OperationalError as error:
            self.close()
            hint = ": another run has it" if "locked" in str(error) else ""
            raise MoveError(f"the ledger {path}: {error}{hint}") from error
        except sqlite3.DatabaseError as error:
            self.close()
            raise MoveError(f"{path}: this is no ledger: {error}") from error
        except MoveError:
            self.close()
            raise

    def begun(self) -> Begun | None:
        """The batch that was begun and is not done."""
        place = self._fact("begun")
        return None if place is None else Begun(place, self._fact("is_put") is not None)

    def begin(self, place: str) -> None:
        """A batch is about to be put."""
        with self._changing():
            self._set({"begun": place, "is_put": None, "attempt": None})

    def put(self, records: Sequence[Record], outcomes: Sequence[Outcome], mark: str | None) -> None:
        """The batch is at the target, which is at *mark* now."""
        fates = [outcome.fate for outcome in outcomes]
        tally = self.tally
        refusals = [
            (record.name, outcome.reason)
            for record, outcome in zip(records, outcomes, strict=True)
            if outcome.fate is Fate.REFUSED
        ]
        with self._changing():
            self._set(
                {
                    "is_put": "yes",
                    "mark": mark,
                    "stored": str(tally.stored + fates.count(Fate.STORED)),
                    "there": str(tally.there + fates.count(Fate.THERE)),
                    "refused": str(tally.refused + fates.count(Fate.REFUSED)),
                }
            )
            self._database.executemany("INSERT OR REPLACE INTO refusal VALUES (?, ?)", refusals)

    def done(self, place: str) -> None:
        """The source knows of the batch too."""
        with self._changing():
            self._set({"begun": None, "is_put": None, "after": place})

    def complete(self) -> None:
        """All is moved, and must not be again."""
        with self._changing():
            self._set({"complete": "yes"})

    @property
    def is_complete(self) -> bool:
        return self._fact("complete") is not None

    @property
    def is_new(self) -> bool:
        """Whether no batch was ever begun."""
        return self._fact("begun") is None and self._fact("after") is None

    def total(self, count: Callable[[], int | None]) -> int | None:
        """How many records there are, as the first run has counted them."""
        known = self._fact("total")
        if known is None:
            counted = count()
            known = "" if counted is None else str(counted)
            with self._changing():
                self._set({"total": known})
        return int(known) if known else None

    @property
    def after(self) -> str | None:
        """The place of the last batch that is done."""
        return self._fact("after")

    @property
    def mark(self) -> str | None:
        """Where the target was when the last batch was put; None if none was ever begun."""
        return None if self.is_new else self._fact("mark") or ""

    @property
    def attempt(self) -> str | None:
        """What a source is about to ask for: cleared when the next batch has begun."""
        return self._fact("attempt")

    @attempt.setter
    def attempt(self, text: str | None) -> None:
        with self._changing():
            self._set({"attempt": text})

    @property
    def tally(self) -> Tally:
        counts = (int(self._fact(name) or 0) for name in ("stored", "there", "refused"))
        return Tally(*counts)

    def refusals(self) -> Iterator[tuple[str, str]]:
        """Name and reason of each record that was refused."""
        yield from self._database.execute("SELECT name, reason FROM refusal ORDER BY name")

    def refused_of(self, records: Sequence[Record]) -> set[str]:
        """The names of those of *records* that were refused."""
        find = "SELECT name FROM refusal WHERE name = ?"
        found = (self._database.execute(find, (record.name,)).fetchone() for record in records)
        return {row[0] for row in found if row is not None}

    def hold(self, tasks: Iterable[Held]) -> None:
        """Leased tasks, to be released at the end; the newest lease of a task counts."""
        with self._changing():
            self._database.executemany(
                "INSERT OR REPLACE INTO held (name, token, retry_count) VALUES (?, ?, ?)",
                [(each.name, each.token, each.retry_count) for each in tasks],
            )

    def holds(self, name: str) -> bool:
        """Whether ``hold`` has seen the task."""
        found = self._database.execute("SELECT 1 FROM held WHERE name = ?", (name,))
        return found.fetchone() is not None

    def see(self, names: Iterable[str]) -> int:
        """Remember *names* until this run ends; how many of them it has not seen before."""
        before = self._database.total_changes
        self._database.executemany(
            "INSERT OR IGNORE INTO seen VALUES (?)", [(name,) for name in names]
        )
        return self._database.total_changes - before

    def start_releasing(self) -> int:
        """From here on tasks are released, and none is leased; how many were held."""
        with self._changing():
            self._set({"releasing": "yes"})
        count: int = self._database.execute("SELECT count(*) FROM held").fetchone()[0]
        return count

    @property
    def is_releasing(self) -> bool:
        return self._fact("releasing") is not None

    def unreleased(self) -> Iterator[list[Held]]:
        """Those that are not released yet, some at once; ``released`` must be told of each."""
        find = "SELECT name, token, retry_count FROM held WHERE NOT released LIMIT ?"
        while rows := self._database.execute(find, (_AT_ONCE,)).fetchall():
            yield [Held(*row) for row in rows]

    def released(self, tasks: Iterable[Held]) -> None:
        with self._changing():
            self._database.executemany(
                "UPDATE held SET released = 1 WHERE name = ?", [(each.name,) for each in tasks]
            )

    def remove(self) -> None:
        """Close it, and delete its file."""
        self.close()
        self.path.unlink()

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, move: str) -> None:
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TEMP TABLE seen (name TEXT PRIMARY KEY) WITHOUT ROWID")
        with self._changing():
            if self._database.execute("SELECT name FROM sqlite_schema").fetchone() is None:
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._database.execute(statement)
                self._set({"version": _VERSION, "move": move})
        if self._fact("version") != _VERSION:
            raise MoveError(f"{self.path}: written by another version of taskqueue-sdk")
        if self._fact("move") != move:
            raise MoveError(
                f"{self.path} is the ledger of another move: {self._fact('move')}; give another"
                " with --ledger"
            )

    @contextmanager
    def _changing(self) -> Generator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _fact(self, name: str) -> str | None:
        row = self._database.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def _set(self, facts: Mapping[str, str | None]) -> None:
        for name, value in facts.items():
            if value is None:
                self._database.execute("DELETE FROM fact WHERE name = ?", (name,))
            else:
                self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))
