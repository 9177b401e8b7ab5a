"""Inserting into one of two queues, or into both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

from tqsdk import multipart, names
from tqsdk.bulk import InsertReport, NewTask, Tally
from tqsdk.client import Client
from tqsdk.errors import (
    ArgumentError,
    BulkInterruptedError,
    InvalidArgumentError,
    PayloadTooLargeError,
    TaskExistsError,
    TaskQueueError,
)
from tqsdk.migrate.bridge.counters import Counters
from tqsdk.migrate.bridge.modes import Mode
from tqsdk.migrate.bridge.reading import Reader
from tqsdk.migrate.bridge.secondary import Copies
from tqsdk.models import Task
from tqsdk.queue import Queue

_CHUNK_BYTES = 4 << 20

_ABOUT_THE_TASK = (ArgumentError, InvalidArgumentError, PayloadTooLargeError, TaskExistsError)


class Writer:
    """Inserts where both queues matter: in the modes BACK, DUAL and DRAIN.

    Args:
        old: The old queue.
        new: The new one.
        reader: Knows which names the old one has.
        copies: Those in the new queue.
        counters: Count.
    """

    def __init__(
        self, old: Queue, new: Queue, *, reader: Reader, copies: Copies, counters: Counters
    ) -> None:
        self._old = old
        self._new = new
        self._reader = reader
        self._copies = copies
        self._counters = counters

    def insert(
        self, mode: Mode, client: Client, tasks: Sequence[NewTask], *, repeatable: bool = True
    ) -> list[tuple[NewTask, Task | Exception]]:
        """Try to insert a few tasks.

        Args:
            mode: BACK, DUAL or DRAIN.
            client: Of the queue that decides, with the options of the call.
            tasks: Those without a name get one.
            repeatable: Whether what fails may be inserted again, under the same name.

        Returns:
            Each task under its name, and what came of it.
        """
        named = [task if task.name else _named(task) for task in tasks]
        known = self._copies.put(named) if mode is Mode.DUAL else self._known(mode, tasks)
        queue = self._new if mode is Mode.DRAIN else self._old
        batch = client.batch()
        planned = [
            known.get(task.name or "")
            or batch.insert(queue, task.payload, name=task.name, tag=task.tag, eta=task.eta)
            for task in named
        ]
        batch.execute()
        outcomes = [
            each if isinstance(each, Exception) else each.error or each.result() for each in planned
        ]
        stored = sum(isinstance(outcome, Task) for outcome in outcomes)
        self._counters.add("inserted_new" if mode is Mode.DRAIN else "inserted_old", stored)
        if mode is Mode.DUAL:
            for task, outcome in zip(named, outcomes, strict=True):
                if isinstance(outcome, TaskQueueError) and task.name not in known:
                    self._reconsider(task, outcome, repeatable=repeatable)
        return list(zip(named, outcomes, strict=True))

    def insert_one(self, mode: Mode, client: Client, task: NewTask) -> Task:
        """Insert a task; see ``Queue.insert``."""
        repeatable = task.name is not None
        [(_, outcome)] = self.insert(mode, client, [task], repeatable=repeatable)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def insert_many(
        self,
        mode: Mode,
        client: Client,
        tasks: Iterable[bytes | str | NewTask],
        *,
        progress: Callable[[InsertReport], None] | None,
        on_failure: Callable[[NewTask, Exception], None] | None,
    ) -> InsertReport:
        """Insert any number of tasks, a request's worth at a time; see ``Queue.insert_many``."""
        tally = Tally()
        count = 0
        for chunk in _chunks(tasks):
            outcomes = self.insert(mode, client, chunk)
            errors = [
                outcome if isinstance(outcome, Exception) else None for _, outcome in outcomes
            ]
            for (task, _), error in zip(outcomes, errors, strict=True):
                if tally.add(count, error, TaskExistsError) and on_failure is not None:
                    on_failure(task, cast(Exception, error))
                count += 1
            report = InsertReport.of(tally)
            if progress is not None:
                progress(report)
            if all(error and not isinstance(error, _ABOUT_THE_TASK) for error in errors):
                raise BulkInterruptedError(
                    f"stopped before the end by {type(errors[0]).__name__}: {errors[0]}",
                    report=report,
                ) from errors[0]
        return InsertReport.of(tally)

    def _reconsider(self, task: NewTask, error: TaskQueueError, *, repeatable: bool) -> None:
        """Decide about the copy of a task that the old queue has not taken.

        If the name is taken, the task is there or done. Otherwise a copy that is deleted would
        block the name: whoever inserts the task again would be told that it is there.
        """
        if isinstance(error, TaskExistsError) or not (repeatable or error.ambiguous):
            self._copies.take_back(task.name or "")
        else:
            error.ambiguous = True

    def _known(self, mode: Mode, tasks: Sequence[NewTask]) -> dict[str, Exception]:
        """Of the names that callers chose, those that the queue which is not written to has.

        The task would be taken for a copy, or the one there would.
        """
        chosen = [task.name for task in tasks if task.name]
        if mode is Mode.DRAIN:
            return {name: _taken("old", name) for name in self._reader.in_old(chosen)}
        if mode is Mode.BACK:
            return {name: _taken("new", name) for name in self._reader.in_new(chosen)}
        return {}


def _named(task: NewTask) -> NewTask:
    return NewTask(task.payload, name=names.generate(), tag=task.tag, eta=task.eta)


def _taken(where: str, name: str) -> TaskExistsError:
    return TaskExistsError(f"the {where} queue has a task of this name", task=name)


def _chunks(tasks: Iterable[bytes | str | NewTask]) -> Iterator[list[NewTask]]:
    chunk: list[NewTask] = []
    size = 0
    for each in tasks:
        task = each if isinstance(each, NewTask) else NewTask(each)
        chunk.append(task)
        size += len(task.payload)
        if len(chunk) == multipart.MOST_PARTS or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
