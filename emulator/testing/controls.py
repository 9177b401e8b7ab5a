"""A client of the control API: what a test does to a server, and sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, TypeAlias

from discovery import contract
from emulator.testing.calling import ControlApi
from emulator.testing.reading import read, written
from emulator.testing.values import (
    ClockState,
    Fault,
    JournalEntry,
    LifeEvent,
    QueueState,
    Removed,
    Snapshot,
    State,
    TaskState,
)

Preset: TypeAlias = Literal["dev_appserver", "flaky", "brownout"]

_PAGE = 1_000


class Controls:
    """All that the control API can do.

    Every method raises ControlError where the server refuses, and OSError where none answers.

    Attributes:
        clock: What time the server has.
        faults: How calls fail.
        journal: What was asked and answered.
        snapshots: All that it remembers, by name.
    """

    def __init__(self, call: ControlApi) -> None:
        self._call = call
        self.clock = ClockControls(call)
        self.faults = FaultControls(call)
        self.journal = JournalControls(call)
        self.snapshots = SnapshotControls(call)

    def journal_of(self, project: str) -> JournalControls:
        """The journal, where only *project* is looked at unless another is asked for."""
        return JournalControls(self._call, project=project)

    def reset(self, *, project: str | None = None, queue: str | None = None) -> Removed:
        """Take away everything, or all of one *project*, or of one *queue* of it.

        To reset everything is to take away journal and faults too, and to return to the machine's
        time.
        """
        return read(Removed, self._call("reset", project=project, queue=queue))

    def queues(self, project: str | None = None) -> list[QueueState]:
        """Every queue that has stored something, of all projects or of one."""
        return [
            read(QueueState, each) for each in _items(self._call("queues.list", project=project))
        ]

    def tasks(
        self,
        project: str,
        queue: str,
        *,
        state: State | None = None,
        tag: str | None = None,
    ) -> list[TaskState]:
        """Every task with its payload, tombstones included, by name. Changes nothing.

        Args:
            project: Its id.
            queue: Its name.
            state: Only those in this state.
            tag: Only those with this tag.
        """
        pages = _pages(
            self._call,
            "tasks.list",
            project=project,
            queue=queue,
            state=state,
            tag=tag,
            payload=True,
        )
        return [read(TaskState, each) for each in pages]

    def task(self, project: str, queue: str, name: str) -> TaskState:
        """One task with its payload. Changes nothing."""
        return read(TaskState, self._call("tasks.get", project=project, queue=queue, task=name))

    def life(self, project: str, queue: str, name: str) -> list[LifeEvent]:
        """What happened to a task, as far as the journal goes back, the earliest first."""
        life = self._call("tasks.life", project=project, queue=queue, task=name)
        return [read(LifeEvent, each) for each in _items(life)]

    def wait(
        self, project: str, queue: str, *, most_tasks: int = 0, seconds: float = 10
    ) -> QueueState:
        """Wait until a queue has at most so many tasks, in any state, or for so long.

        The server waits for its own commits: nobody asks again and again.

        Args:
            project: Its id.
            queue: Its name.
            most_tasks: 0 waits until it is empty.
            seconds: 0 to 300, of real time.

        Returns:
            The queue as it was then; more tasks than *most_tasks* mean that time was up.
        """
        waited = self._call(
            "queues.wait", project=project, queue=queue, tasks=most_tasks, seconds=seconds
        )
        return read(QueueState, waited)

    def drain(self, project: str, queue: str) -> list[TaskState]:
        """Delete every task, leased or not, and return them as they were, the earliest ETA first.

        A task that is inserted meanwhile is among them too, or stays.
        """
        drained: list[TaskState] = []
        while page := _items(self._call("queues.drain", project=project, queue=queue)):
            drained += [read(TaskState, each) for each in page]
        return drained


class ClockControls:
    """What time the server has. It never goes back, but for a reset of everything."""

    def __init__(self, call: ControlApi) -> None:
        self._call = call

    @property
    def state(self) -> ClockState:
        """The server's time, and how it goes."""
        return read(ClockState, self._call("clock.get"))

    def now(self) -> datetime:
        """The server's time."""
        return self.state.now

    def freeze(self) -> ClockState:
        """Let the time stand still."""
        return read(ClockState, self._call("clock.freeze"))

    def advance(self, seconds: float) -> ClockState:
        """Move the time ahead by *seconds*, which are not negative."""
        return read(ClockState, self._call("clock.advance", seconds=seconds))

    def set(self, instant: datetime) -> ClockState:
        """Move the time ahead to *instant*, which has a time zone.

        Raises:
            ValueError: It has none.
        """
        return read(ClockState, self._call("clock.set", time=instant))

    def scale(self, factor: float) -> ClockState:
        """Let the time go *factor* times as fast; 1 lets a frozen clock go on."""
        return read(ClockState, self._call("clock.scale", factor=factor))

    def auto_jump(self, seconds: float) -> ClockState:
        """Let a lease that would be empty jump to the next ETA, at most so far; 0 is not at all."""
        return read(ClockState, self._call("clock.autoJump", seconds=seconds))


class FaultControls:
    """Rules by which calls fail."""

    def __init__(self, call: ControlApi) -> None:
        self._call = call

    def add(self, fault: Fault) -> Fault:
        """Make a rule; it is returned as it is kept, with its id."""
        described = contract.control().schemas["Fault"].properties
        return read(Fault, self._call("faults.insert", body=written(fault, described)))

    def preset(self, name: Preset, *, seed: int | None = None) -> list[Fault]:
        """Make the rules of a preset; *seed* is what chance is drawn with."""
        made = self._call("faults.preset", preset=name, seed=seed)
        return [read(Fault, each) for each in _items(made)]

    def all(self) -> list[Fault]:
        """The rules in the order in which they were made, and how often each has hit."""
        return [read(Fault, each) for each in _items(self._call("faults.list"))]

    def get(self, fault: Fault) -> Fault:
        """A rule as it is now: ``get(fault).hits``."""
        return read(Fault, self._call("faults.get", fault=fault.id))

    def remove(self, fault: Fault) -> None:
        """Remove a rule."""
        self._call("faults.delete", fault=fault.id)

    def clear(self) -> None:
        """Remove every rule."""
        self._call("faults.clear")


class JournalControls:
    """The last requests and their answers."""

    def __init__(self, call: ControlApi, *, project: str | None = None) -> None:
        """Make one.

        Args:
            call: Reaches the server.
            project: The project to look at where none is asked for; None is all.
        """
        self._call = call
        self._project = project

    def entries(
        self,
        method: str | None = None,
        *,
        project: str | None = None,
        queue: str | None = None,
        task: str | None = None,
        tag: str | None = None,
        caller: str | None = None,
        status: int | None = None,
        refused: bool | None = None,
        text: str | None = None,
        after: int | None = None,
    ) -> list[JournalEntry]:
        """What fits all that is given, the latest first, without bodies.

        Args:
            method: By name or id.
            project: Its id.
            queue: Its name.
            task: Only those about this task.
            tag: Only those with this tag.
            caller: Only of the holder of this e-mail address.
            status: Only answers with this status.
            refused: Only those that were refused, or only those that were not.
            text: Only those with this text in path, query or bodies.
            after: Only later ones than the entry with this number.
        """
        pages = _pages(
            self._call,
            "journal.list",
            method=method,
            project=project or self._project,
            queue=queue,
            task=task,
            tag=tag,
            caller=caller,
            status=status,
            refused=refused,
            text=text,
            after=after,
        )
        return [read(JournalEntry, each) for each in pages]

    def entry(self, sequence: int) -> JournalEntry:
        """One request and its answer, with bodies."""
        return read(JournalEntry, self._call("journal.get", sequence=sequence))

    def clear(self) -> None:
        """Forget all entries, of all projects."""
        self._call("journal.clear")

    def resize(self, size: int) -> None:
        """Keep *size* entries at most, up to 1,000,000; 0 records nothing."""
        self._call("journal.resize", size=size)


class SnapshotControls:
    """All that a server remembers, under names of letters, digits, dots, hyphens, underscores."""

    def __init__(self, call: ControlApi) -> None:
        self._call = call

    def all(self) -> list[Snapshot]:
        """The snapshots there are, by name."""
        return [read(Snapshot, each) for each in _items(self._call("snapshots.list"))]

    def save(self, name: str) -> Snapshot:
        """Save all that the server remembers; a snapshot of this name is replaced."""
        return read(Snapshot, self._call("snapshots.save", snapshot=name))

    def load(self, name: str) -> Snapshot:
        """Put a snapshot in the place of all that the server remembers."""
        return read(Snapshot, self._call("snapshots.load", snapshot=name))

    def delete(self, name: str) -> None:
        """Delete a snapshot."""
        self._call("snapshots.delete", snapshot=name)


def _items(members: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = members.get("items", [])
    return items


def _pages(call: ControlApi, listing: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
    """The items of all pages."""
    token: str | None = None
    while True:
        page = call(listing, **parameters, max_results=_PAGE, page_token=token)
        yield from _items(page)
        token = page.get("nextPageToken")
        if token is None:
            return
