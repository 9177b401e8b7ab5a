"""Records, and a source and a target in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from tqsdk.migrate.moving.model import STORED, Batch, Outcome, Record, refused


def a_record(name: str = "a", **members: Any) -> Record:
    """A task of which only what is given matters."""
    return Record(**{"project": "p", "queue": "q", "payload": b"", **members}, name=name)


class Listed:
    """A source that keeps what it has; its places are the names of a batch."""

    def __init__(self, *names: str, batch: int = 2) -> None:
        self.records = [a_record(name) for name in names]
        self.told: list[tuple[str, set[str]]] = []
        self._batch = batch

    def batches(self, after: str | None) -> Iterator[Batch]:
        done = 0 if after is None else self._index(after.split()[-1]) + 1
        for begin in range(done, len(self.records), self._batch):
            records = self.records[begin : begin + self._batch]
            yield Batch(records, " ".join(str(each.name) for each in records))

    def again(self, place: str) -> Batch:
        return Batch([self.records[self._index(name)] for name in place.split()], place)

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        self.told.append((batch.place, set(refused)))

    def finish(self) -> str | None:
        return None

    def total(self) -> int:
        return len(self.records)

    def preview(self) -> Iterator[Record]:
        return iter(self.records)

    def close(self) -> None: ...

    def _index(self, name: str) -> int:
        return [each.name for each in self.records].index(name)


class Kept:
    """A target that keeps what it was given, refuses some, and fails when it is told to."""

    knows_names = False

    def __init__(self, *, refusing: Collection[str] = ()) -> None:
        self.puts: list[tuple[list[str | None], bool]] = []
        self.resumed: list[str | None] = []
        self.failure: Exception | None = None
        self._refusing = refusing

    def refusal(self, record: Record) -> str | None:
        return "not this one" if record.name in self._refusing else None

    def resume(self, mark: str | None) -> None:
        self.resumed.append(mark)

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        if self.failure is not None:
            raise self.failure
        self.puts.append(([each.name for each in records], again))
        reasons = [self.refusal(record) for record in records]
        return [refused(reason) if reason else STORED for reason in reasons]

    def mark(self) -> str | None:
        return str(len(self.puts))

    def finish(self) -> None: ...

    def close(self) -> None: ...
