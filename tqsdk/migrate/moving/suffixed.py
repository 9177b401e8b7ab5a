"""A target under other names: for the way back, where the names of what was deleted are blocked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tqsdk.migrate.moving.model import MoveError, Outcome, Record, Target
from tqsdk.names import is_task_name


class Suffixed:
    """Puts each record under its name with *suffix* at the end, the same each time.

    Args:
        target: Where to.
        suffix: Of the characters of a name.

    Raises:
        MoveError: It has others.
    """

    def __init__(self, target: Target, suffix: str) -> None:
        if not is_task_name(suffix):
            raise MoveError(f"no name can end in {suffix!r}: give letters, digits, _ or -")
        self._target = target
        self._suffix = suffix

    @property
    def knows_names(self) -> bool:
        return self._target.knows_names

    def refusal(self, record: Record) -> str | None:
        return self._target.refusal(self._renamed(record))

    def resume(self, mark: str | None) -> None:
        self._target.resume(mark)

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        return self._target.put([self._renamed(record) for record in records], again=again)

    def mark(self) -> str | None:
        return self._target.mark()

    def finish(self) -> None:
        self._target.finish()

    def close(self) -> None:
        self._target.close()

    def _renamed(self, record: Record) -> Record:
        return replace(record, name=f"{record.name}{self._suffix}")
