"""What is moved, and what every source and every target promises.

The mover takes a batch from the source, writes down that it has begun, has the target put it,
writes down what came of that, and only then tells the source, which may delete. After a kill at any
instant the source gives the batch that had begun once more. So nothing is ever lost; and nothing is
there twice where the target knows names, or can be taken back to a mark.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Protocol, TypeAlias

from discovery.jsonl import TaskLine

# A task, with its payload. Those that sources give have a name.
Record: TypeAlias = TaskLine

MOST_BATCH_BYTES = 4 << 20
"""Of the payloads in a batch, about: the task that goes beyond it is its last."""


class MoveError(Exception):
    """What a move cannot begin or go on with; the message says what would help."""


class MissingLibraryError(MoveError):
    """A library is needed that is not installed.

    Args:
        name: What was to be imported.
        extra: What brings it.
    """

    def __init__(self, name: str, extra: str) -> None:
        super().__init__(f"{name} is not installed: pip install 'taskqueue-sdk[{extra}]'")


class Fate(Enum):
    """What became of a record: it is there now, it was there before, or it is not there."""

    STORED = "stored"
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record at the target.

    Attributes:
        reason: Of a refusal: what is wrong with this record, in a few words.
    """

    fate: Fate
    reason: str = ""


STORED = Outcome(Fate.STORED)
THERE = Outcome(Fate.THERE)


def refused(reason: str) -> Outcome:
    return Outcome(Fate.REFUSED, reason)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are put together.

    Attributes:
        place: By which the source knows them after a kill. At most some 100 kB.
    """

    records: Sequence[Record]
    place: str


class Source(Protocol):
    """Where records come from."""

    def batches(self, after: str | None) -> Iterator[Batch]:
        """All records, in batches of at most a few megabytes; no more than one is in memory.

        Args:
            after: The place of the last batch that is done with, from an earlier run; None if there
                is none. A source whose ``done`` takes records away need not care.

        Raises:
            MoveError: It cannot be read.
        """
        ...

    def again(self, place: str) -> Batch:
        """A batch that an earlier run had begun, or what is left of it."""
        ...

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        """Called when *batch* is safe at the target, and that is on the ledger.

        Args:
            batch: As it was given.
            refused: The names of those that the target has not taken. The source keeps these.
        """
        ...

    def finish(self) -> str | None:
        """Called after the last batch. Tells people what could not be seen, if there may be any."""
        ...

    def total(self) -> int | None:
        """How many records there are, about; None if that is not known beforehand."""
        ...

    def preview(self) -> Iterator[Record] | None:
        """The records, for a dry run; None if reading them would change something."""
        ...

    def close(self) -> None: ...


class Target(Protocol):
    """Where records go."""

    @property
    def knows_names(self) -> bool:
        """Whether a record that is put twice is there once, because it has a name."""
        ...

    def refusal(self, record: Record) -> str | None:
        """Why *record* cannot be put, as far as that is known without asking; changes nothing."""
        ...

    def resume(self, mark: str | None) -> None:
        """Called before anything is put.

        Args:
            mark: What ``mark`` said when the last batch was put that is on the ledger; empty if a
                first one was only begun, or ``mark`` said nothing; None if this is the first run.
                A target that can goes back to it, and forgets what came after.

        Raises:
            MoveError: What is there is not what was left there.
        """
        ...

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        """Store *records*; they are safe when this returns.

        Args:
            records: A batch.
            again: Whether a run that was killed may have put them since the last mark.

        Returns:
            What became of each, in their order. What a refusal says is about that record; whatever
            would happen to the next one too is raised.

        Raises:
            MoveError: It does not work at all.
            TaskQueueError: Likewise.
        """
        ...

    def mark(self) -> str | None:
        """How far it has come, for ``resume``; None if it cannot go back."""
        ...

    def finish(self) -> None:
        """Called when all is put: complete what was written. Not called after a failure."""
        ...

    def close(self) -> None: ...


def few(
    records: Iterator[Record], count: int, most_bytes: int = MOST_BATCH_BYTES
) -> Iterator[Record]:
    """The next *count* of *records*, or fewer if their payloads come to *most_bytes*."""
    size = 0
    for record in islice(records, count):
        yield record
        size += len(record.payload)
        if size >= most_bytes:
            return
