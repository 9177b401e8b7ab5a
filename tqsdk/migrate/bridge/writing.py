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
    """Inserts where both queues matter: in the modes DUAL and DRAIN.

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
        self, mode: Mode, client: Client, tasks: Sequence[NewTask]
    ) -> list[tuple[NewTask, Task | Exception]]:
        """Try to insert a few tasks.

        Args:
            mode: DUAL or DRAIN.
            client: Of the queue that decides, with the options of the call.
            tasks: Those without a name get one.

        Returns:
            Each task under its name, and what came of it.
        """
        known = self._known(tasks) if mode is Mode.DRAIN else set[str]()
        tasks = [task if task.name else _named(task) for task in tasks]
        copied = self._copies.put(tasks) if mode is Mode.DUAL else set[str]()
        queue = self._old if mode is Mode.DUAL else self._new
        batch = client.batch()
        planned = {
            place: batch.insert(queue, task.payload, name=task.name, tag=task.tag, eta=task.eta)
            for place, task in enumerate(tasks)
            if task.name not in known
        }
        batch.execute()
        outcomes = [
            (task, (planned[place].error or planned[place].result()))
            if place in planned
            else (task, TaskExistsError("the old queue has a task of this name", task=task.name))
            for place, task in enumerate(tasks)
        ]
        stored = sum(isinstance(outcome, Task) for _, outcome in outcomes)
        self._counters.add("inserted_old" if mode is Mode.DUAL else "inserted_new", stored)
        self._copies.take_back(
            task.name
            for task, outcome in outcomes
            if task.name in copied and _is_certainly_not_there(outcome)
        )
        return outcomes

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

    def _known(self, tasks: Sequence[NewTask]) -> set[str]:
        """Names that the caller chose and the old queue has: they would be taken for copies."""
        return self._reader.in_old([task.name for task in tasks if task.name])


def _named(task: NewTask) -> NewTask:
    return NewTask(task.payload, name=names.generate(), tag=task.tag, eta=task.eta)


def _is_certainly_not_there(outcome: Task | Exception) -> bool:
    # That the name is taken may be by the task of this copy, stored by an earlier call.
    return isinstance(outcome, Exception) and not (
        isinstance(outcome, TaskExistsError) or getattr(outcome, "ambiguous", False)
    )


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
