"""Why a request was refused, and what it may have been meant to be, as a colleague would say it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from discovery.contract import Contract
from emulator.control.journal.entry import Entry, Reading
from emulator.control.journal.life import Moment, life
from emulator.control.journal.likeness import closest
from emulator.control.journal.nearness import Methods
from emulator.control.journal.reading import Reader, sent
from emulator.control.journal.redaction import redacted
from emulator.engine.errors import Code, RefusedError
from emulator.engine.model import QueueId
from emulator.engine.names import check_queue_name, check_task_name
from emulator.engine.queues import QueueBook
from emulator.rest.times import rfc3339

# Names that programs make are alike by chance.
_ALIKE_TASKS = 0.8
_MOST_TASKS = 2_000
_MOST_QUEUES = 10

_SAID: dict[str, str] = {
    "inserted": "It was inserted",
    "leased": "It was leased",
    "renewed": "Its lease was renewed",
    "released": "It was released",
    "expired": "Its lease ended",
    "deleted": "It was deleted",
}


class Miss(NamedTuple):
    """Why a request was refused.

    Attributes:
        summary: In a sentence.
        method: The id of the method that it came closest to, where it was for none.
        differences: What may be wrong, each in a sentence.
    """

    summary: str
    method: str | None = None
    differences: tuple[str, ...] = ()


class Misses:
    """Explains refusals."""

    def __init__(self, contracts: Sequence[Contract], queues: QueueBook, reader: Reader) -> None:
        """Make one.

        Args:
            contracts: Of the API whose requests are recorded.
            queues: Which queues there are.
            reader: Reads entries.
        """
        self._methods = Methods(contracts)
        self._queues = queues
        self._reader = reader
        self._by_code: dict[str, Callable[[Entry, Reading, Sequence[Entry]], Iterator[str]]] = {
            Code.UNKNOWN_TASK.name: self._about_task,
            Code.TOMBSTONED_TASK.name: self._about_task,
            Code.TASK_ALREADY_EXISTS.name: self._about_task,
            Code.TASK_LEASE_EXPIRED.name: self._about_lease,
            Code.INVALID_TASK_NAME.name: self._about_task_name,
            Code.UNKNOWN_QUEUE.name: self._about_queue,
            Code.INVALID_QUEUE_NAME.name: self._about_queue,
            Code.PERMISSION_DENIED.name: self._about_caller,
        }

    def of(self, entry: Entry, entries: Sequence[Entry]) -> Miss | None:
        """Why *entry* was refused; None if it was not.

        Args:
            entry: The request.
            entries: All that are known, the earliest first.
        """
        reading = self._reader.read(entry)
        if not reading.refused:
            return None
        # The answer to HEAD has no text.
        summary = reading.message or f"It was refused with {entry.response.status}."
        if entry.fault is not None:
            return Miss(f"The fault {entry.fault} had it refused.")
        if reading.method is None:
            return self._without_method(entry, summary)
        explain = self._by_code.get(reading.code or "")
        about = explain(entry, reading, entries) if explain else iter(())
        return Miss(summary, None, (*about, *_unread(reading)))

    def _without_method(self, entry: Entry, summary: str) -> Miss:
        verb, path = entry.request.verb, redacted(entry.request.path)
        if entry.response.status != 404:
            return Miss(summary)
        if path.startswith("/batch") and verb != "POST":
            return Miss(f"A batch is sent by POST, and {verb[:20]} was sent.")
        near = self._methods.nearest(verb, path)
        if near is None:
            return Miss("No method has a path like this one.")
        return Miss(
            f"No method has this verb and path. The closest is {near.method.id}:"
            f" {near.method.verb} {near.template}",
            near.method.id,
            near.differences,
        )

    def _about_task(
        self, entry: Entry, reading: Reading, entries: Sequence[Entry]
    ) -> Iterator[str]:
        """What is known of the name."""
        queue, task = _queue(reading), _task(reading)
        if reading.code == Code.UNKNOWN_TASK.name:
            yield f"There is no task {task!r} in queue {queue.name!r}."
        if task == "lease":
            yield "To lease tasks, send POST to this path."
            return
        earlier = [each for each in entries if each.sequence < entry.sequence]
        last = _last(life(earlier, self._reader, queue, task, now=entry.at))
        if last is not None:
            yield f"{_SAID[last.event.happening]} {_when(last)}."
            return
        later = life(entries, self._reader, queue, task, now=entry.at)
        first = next((each for each in later if each.event.happening == "inserted"), None)
        if first is not None:
            yield f"It was inserted only later, {_when(first)}."
            return
        yield from self._other_names(queue, task, earlier)

    def _other_names(self, queue: QueueId, task: str, entries: Iterable[Entry]) -> Iterator[str]:
        """Where else the name is known, and which name it is like."""
        names: dict[str, Entry] = {}
        elsewhere: dict[QueueId, Entry] = {}
        for entry in entries:
            reading = self._reader.read(entry)
            if reading.refused or not reading.tasks:
                continue
            if _queue(reading) == queue:
                names |= dict.fromkeys(reading.tasks, entry)
            elif task in reading.tasks:
                elsewhere[_queue(reading)] = entry
        for other, entry in list(elsewhere.items())[-_MOST_QUEUES:]:
            yield (
                f"Queue {other.name!r} of project {other.project!r} has had a task of this name"
                f" (entry {entry.sequence})."
            )
        like = closest(task, list(names)[-_MOST_TASKS:], alike=_ALIKE_TASKS)
        if like is not None:
            yield f"The closest name is {like!r} (entry {names[like].sequence})."
        elif not elsewhere:
            yield "The journal knows nothing of it."

    def _about_lease(
        self, entry: Entry, reading: Reading, entries: Sequence[Entry]
    ) -> Iterator[str]:
        """What became of the lease that was quoted."""
        queue, task = _queue(reading), _task(reading)
        earlier = [each for each in entries if each.sequence < entry.sequence]
        moments = life(earlier, self._reader, queue, task, now=entry.at)
        lease = next((each for each in reversed(moments) if each.event.until is not None), None)
        quoted = sent(entry.request)[1].get("leaseTimestamp")
        if lease is not None and quoted is not None and str(quoted) != str(lease.event.until):
            yield (
                f"leaseTimestamp is {str(quoted)[:40]!r}, and that of the last lease is"
                f" '{lease.event.until}' (entry {lease.entry.sequence})."
            )
        last = _last(moments)
        if last is not None:
            yield f"{_SAID[last.event.happening]} {_when(last)}."
        else:
            yield "The journal knows of no lease of it."

    def _about_task_name(
        self, entry: Entry, reading: Reading, entries: Sequence[Entry]
    ) -> Iterator[str]:
        yield from _why(check_task_name, _task(reading))

    def _about_queue(
        self, entry: Entry, reading: Reading, entries: Sequence[Entry]
    ) -> Iterator[str]:
        """Which queue may have been meant."""
        name = reading.queue or ""
        yield from _why(check_queue_name, name)
        configured = [each for each, its in self._queues.configured.items() if its.pull]
        readings = map(self._reader.read, entries)
        used = [each.queue for each in readings if each.queue and not each.refused]
        like = closest(name, dict.fromkeys([*configured, *used]))
        if like is not None:
            yield f"The closest name is {like!r}."
        elif configured:
            more = ", ..." if len(configured) > _MOST_QUEUES else ""
            yield f"The queues are {', '.join(configured[:_MOST_QUEUES])}{more}."

    def _about_caller(
        self, entry: Entry, reading: Reading, entries: Sequence[Entry]
    ) -> Iterator[str]:
        """Who may do what was asked for."""
        settings = self._queues.configured.get(reading.queue or "")
        if reading.caller is None or settings is None:
            return
        inserts = reading.method == "taskqueue.tasks.insert"
        allowed = settings.producers if inserts else settings.consumers
        if reading.caller in allowed:
            return
        word = "writer_email" if inserts else "user_email"
        yield (
            f"{reading.caller} is no {word} of queue {reading.queue!r}, which has"
            f" {', '.join(allowed) or 'none'}."
        )


def _unread(reading: Reading) -> Iterator[str]:
    for each in reading.unread:
        meant = f"; {each.closest} may have been meant" if each.closest else ""
        yield f"Nobody reads {redacted(each.name)!r}, in the {each.location}{meant}."


def _why(check: Callable[[str], None], name: str) -> Iterator[str]:
    """What the engine has against *name*, if it has."""
    try:
        check(name)
    except RefusedError as refusal:
        yield f"{refusal.detail}."


def _task(reading: Reading) -> str:
    """The task that was meant: where path and body differ, the body decides."""
    return reading.tasks[-1] if reading.tasks else ""


def _queue(reading: Reading) -> QueueId:
    return QueueId(reading.project or "", reading.queue or "")


def _last(moments: Sequence[Moment]) -> Moment | None:
    return next((each for each in reversed(moments) if each.event.happening != "refused"), None)


def _when(moment: Moment) -> str:
    return f"at {rfc3339(moment.at)} (entry {moment.entry.sequence})"
