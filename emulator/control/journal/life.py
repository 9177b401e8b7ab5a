"""A task's whole life, as far as the journal goes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from emulator.control.journal.entry import Entry, Event
from emulator.control.journal.reading import Reader
from emulator.engine.model import QueueId

# Renewals are done only while the lease lives, whatever time it is when they are answered.
_WHILE_IT_LIVES = ("renewed", "released")


class Moment(NamedTuple):
    """Something that happened to a task.

    Attributes:
        at: When, in microseconds.
        entry: What it is known from.
    """

    at: int
    event: Event
    entry: Entry


def life(
    entries: Iterable[Entry], reader: Reader, queue: QueueId, task: str, *, now: int
) -> list[Moment]:
    """What happened to *task*, the earliest first.

    That a lease ran out is said by nobody; it is told from what came after it, or from *now*.

    Args:
        entries: The earliest first.
        reader: Reads them.
        queue: The task's.
        task: Its name.
        now: Microseconds.
    """
    moments: list[Moment] = []
    lease: Moment | None = None
    for moment in _moments(entries, reader, queue, task):
        happening = moment.event.happening
        if lease is not None and _is_repeated(lease, moment.event):
            continue
        if lease is not None and happening not in _WHILE_IT_LIVES and _is_over(lease, moment.at):
            moments.append(_end(lease))
            lease = None
        moments.append(moment)
        if happening != "refused":
            lease = moment if happening in ("leased", "renewed") else None
    if lease is not None and _is_over(lease, now):
        moments.append(_end(lease))
    return moments


def _moments(
    entries: Iterable[Entry], reader: Reader, queue: QueueId, task: str
) -> Iterator[Moment]:
    for entry in entries:
        reading = reader.read(entry)
        if task in reading.tasks and QueueId(reading.project or "", reading.queue or "") == queue:
            yield from (
                Moment(entry.at, each, entry) for each in reading.events if each.task == task
            )


def _is_repeated(lease: Moment, event: Event) -> bool:
    """Whether *event* is the same lease, answered again to a caller who had lost the answer."""
    return event.happening == "leased" and event == lease.event and event.until is not None


def _is_over(lease: Moment, at: int) -> bool:
    return lease.event.until is not None and lease.event.until <= at


def _end(lease: Moment) -> Moment:
    expired = Event(lease.event.task, "expired", retry_count=lease.event.retry_count)
    return Moment(lease.event.until or lease.at, expired, lease.entry)
