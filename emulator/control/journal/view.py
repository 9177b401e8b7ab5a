"""Entries of the journal as members, for people and programs to look at."""

from __future__ import annotations

from itertools import islice

from discovery import contract
from emulator.control.journal.callers import Callers
from emulator.control.journal.entry import Entry, Unread
from emulator.control.journal.filter import Filter, read_filter, request_text, response_text
from emulator.control.journal.life import Moment, life
from emulator.control.journal.miss import Miss, Misses
from emulator.control.journal.reading import Reader
from emulator.control.journal.record import Journal
from emulator.control.journal.redaction import redacted
from emulator.engine.clock import Clock
from emulator.engine.model import QueueId
from emulator.engine.queues import QueueBook
from emulator.rest.parse import Arguments
from emulator.rest.render import Members
from emulator.rest.times import rfc3339


class View:
    """Looks into a journal.

    Attributes:
        journal: The journal.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        queues: QueueBook | None = None,
        callers: Callers | None = None,
        jsonp: bool = False,
    ) -> None:
        """Make a view.

        Args:
            journal: What to look into.
            clock: Says whether a lease has run out.
            queues: Which queues there are; by default any.
            callers: Remembers whose tokens were good.
            jsonp: Whether the API reads ``callback``.
        """
        contracts = [contract.load(version) for version in contract.VERSIONS]
        self.journal = journal
        self._clock = clock
        self._methods = frozenset(id for each in contracts for id in each.methods)
        self._reader = Reader(contracts, callers, jsonp=jsonp)
        self._misses = Misses(contracts, queues or QueueBook(), self._reader)

    def filter(self, arguments: Arguments) -> Filter:
        """The filter that the parameters of a request are.

        Raises:
            WireError: It wants calls of a method that is none.
        """
        return read_filter(arguments, self._methods)

    def page(
        self, wanted: Filter, *, after: int, before: int | None, most: int
    ) -> tuple[list[Members], int | None]:
        """The latest entries that fit, the latest first.

        Args:
            wanted: Which.
            after: Only those with higher numbers.
            before: Only those with lower numbers; None is all.
            most: How many.

        Returns:
            The entries, and what *before* has to be for the next page, if there is one.
        """
        fitting = (
            each
            for each in reversed(self.journal.entries())
            if each.sequence > after
            and (before is None or each.sequence < before)
            and self.fits(wanted, each)
        )
        page = list(islice(fitting, most))
        more = next(fitting, None) is not None
        shown = [self.members(each) for each in page]
        return shown, page[-1].sequence if more else None

    def fits(self, wanted: Filter, entry: Entry) -> bool:
        """Whether *entry* is wanted."""
        return wanted.fits(entry, self._reader.read(entry))

    def members(self, entry: Entry, *, bodies: bool = False) -> Members:
        """*entry* as a JournalEntry, with its bodies if they are wanted."""
        reading = self._reader.read(entry)
        miss = self._misses.of(entry, self.journal.entries()) if reading.refused else None
        members: Members = {
            "sequence": str(entry.sequence),
            "time": rfc3339(entry.at),
            "microseconds": str(entry.at),
            "verb": redacted(entry.request.verb),
            "path": redacted(entry.request.path),
            "query": redacted(entry.request.query),
            "method": reading.method,
            "project": _clean(reading.project),
            "queue": _clean(reading.queue),
            "tasks": [redacted(each) for each in reading.tasks],
            "tag": _clean(reading.tag),
            "caller": reading.caller,
            "attempt": _clean(reading.attempt),
            "requestBody": request_text(entry) if bodies else None,
            "status": entry.response.status,
            "code": reading.code,
            "responseBody": response_text(entry) if bodies else None,
            "fault": entry.fault,
            "unread": [_field(each) for each in reading.unread],
            "miss": None if miss is None else _miss(miss),
        }
        return {name: value for name, value in members.items() if value not in (None, "", [])}

    def life(self, queue: QueueId, task: str) -> list[Members]:
        """What happened to *task*, as LifeEvents, the earliest first."""
        entries = self.journal.entries()
        moments = life(entries, self._reader, queue, task, now=self._clock.now())
        return [self._life_event(each) for each in moments]

    def _life_event(self, moment: Moment) -> Members:
        event = moment.event
        members: Members = {
            "microseconds": str(moment.at),
            "time": rfc3339(moment.at),
            "event": event.happening,
            "until": None if event.until is None else str(event.until),
            "retryCount": event.retry_count,
            # Nobody makes a lease run out.
            "caller": None if event.happening == "expired" else self._caller(moment),
            "sequence": str(moment.entry.sequence),
        }
        return {name: value for name, value in members.items() if value is not None}

    def _caller(self, moment: Moment) -> str | None:
        return self._reader.read(moment.entry).caller


def _field(unread: Unread) -> Members:
    members = {"location": unread.location, "name": redacted(unread.name)}
    return members if unread.closest is None else {**members, "closest": unread.closest}


def _miss(miss: Miss) -> Members:
    members: Members = {"summary": redacted(miss.summary)}
    if miss.method is not None:
        members["method"] = miss.method
    if miss.differences:
        members["differences"] = [redacted(each) for each in miss.differences]
    return members


def _clean(text: str | None) -> str | None:
    return None if text is None else redacted(text)
