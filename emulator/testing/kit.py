"""What a test of a program with queues needs: a project of its own, and questions about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.testing import shown
from emulator.testing.controls import JournalControls
from emulator.testing.server import Server
from emulator.testing.values import TaskState

if TYPE_CHECKING:
    from flask import Flask

Payload: TypeAlias = bytes | str | dict[str, Any] | list[Any]
"""Bytes, text in UTF-8, or what JSON in the payload says."""


class TaskQueue:
    """One project of a server, which no other test uses.

    Looking changes nothing, and nothing here sleeps or asks again and again.

    Attributes:
        server: The server, with all its controls.
        project: The project's id.
    """

    def __init__(self, server: Server, project: str) -> None:
        self.server = server
        self.project = project

    @property
    def url(self) -> str:
        """Where the server listens; see ``Server.url``."""
        return self.server.url

    @property
    def host(self) -> str:
        """The same without the scheme."""
        return self.server.host

    @property
    def wsgi(self) -> Flask:
        """The server as a WSGI application; see ``Server.wsgi``."""
        return self.server.wsgi

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which programs find the server and this project."""
        return {**self.server.environment, "GOOGLE_CLOUD_PROJECT": self.project}

    @property
    def discovery_url(self) -> str:
        """What Google's clients take as ``discoveryServiceUrl``."""
        return f"{self.url}/discovery/v1/apis/{{api}}/{{apiVersion}}/rest"

    def queue_url(self, queue: str) -> str:
        """Where plain HTTP finds a queue: below it are ``/tasks`` and ``/tasks/lease``."""
        return f"{self.url}/taskqueue/v1beta2/projects/{self.project}/taskqueues/{queue}"

    @property
    def journal(self) -> JournalControls:
        """What was asked and answered, of this project only."""
        return self.server.journal_of(self.project)

    def tasks(self, queue: str) -> list[TaskState]:
        """Every task that is there, leased or not, with its payload, by name."""
        found = self.server.tasks(self.project, queue)
        return [each for each in found if each.state != "tombstone"]

    def assert_inserted(
        self,
        queue: str,
        *,
        payload: Payload | None = None,
        tag: str | None = None,
        name: str | None = None,
        count: int | None = None,
    ) -> list[TaskState]:
        """Make sure that the queue has a task that fits all that is given.

        Args:
            queue: Its name.
            payload: Bytes, text, or a dict or list, which is compared with the payload as JSON.
            tag: "" is none; None is any.
            name: The task's name.
            count: How many such tasks there are; None is at least one.

        Returns:
            Those that fit, by name.

        Raises:
            AssertionError: There are not so many; the message shows what is there.
        """
        __tracebackhide__ = True
        there = self.tasks(queue)
        found = [
            each
            for each in there
            if (payload is None or _says(each, payload))
            and (tag is None or (each.tag or "") == tag)
            and name in (None, each.name)
        ]
        if (not found) if count is None else len(found) != count:
            wanted = shown.wanted(payload=payload, tag=tag, name=name)
            expected = "a task" if count is None else f"{count} task{'' if count == 1 else 's'}"
            raise AssertionError(
                f"expected {expected}{wanted} in queue {queue!r}, found {len(found)}; "
                + self._what_is_there(queue, there)
            )
        return found

    def assert_no_duplicates(self, queue: str) -> None:
        """Make sure that no two tasks of the queue have the same payload and tag.

        Raises:
            AssertionError: Some have; the message shows which.
        """
        __tracebackhide__ = True
        there = self.tasks(queue)
        counts = Counter((each.payload, each.tag) for each in there)
        twice = [each for each in there if counts[each.payload, each.tag] > 1]
        if twice:
            twice.sort(key=lambda each: (each.payload or b"", each.tag or "", each.name))
            raise AssertionError(
                f"queue {queue!r} has {len(twice)} tasks with the payload and tag of another:\n"
                + shown.lines(twice)
            )

    def wait_until_empty(self, queue: str, *, timeout: float = 10) -> None:
        """Wait until every task of the queue is deleted.

        The server tells as soon as it is so.

        Args:
            queue: Its name.
            timeout: In seconds of real time, 0 to 300.

        Raises:
            AssertionError: It is not empty by then; the message shows what is left.
        """
        __tracebackhide__ = True
        if self.server.wait(self.project, queue, seconds=timeout).tasks:
            left = self.tasks(queue)
            raise AssertionError(
                f"queue {queue!r} is not empty after {timeout:g} s; "
                + self._what_is_there(queue, left)
            )

    def drain(self, queue: str) -> list[TaskState]:
        """Delete every task of the queue, leased or not; returns them, the earliest ETA first."""
        return self.server.drain(self.project, queue)

    def _what_is_there(self, queue: str, there: Sequence[TaskState]) -> str:
        if there:
            return f"it has {len(there)}:\n{shown.lines(there)}"
        others = [
            f"{each.name!r} ({each.tasks})"
            for each in self.server.queues(self.project)
            if each.name != queue and each.tasks
        ]
        return "it is empty" + (f"; there are tasks in {', '.join(others)}" if others else "")


def _says(task: TaskState, wanted: Payload) -> bool:
    if task.payload is None:
        return False
    if isinstance(wanted, str):
        return task.payload == wanted.encode()
    if isinstance(wanted, bytes):
        return task.payload == wanted
    try:
        return bool(json.loads(task.payload) == wanted)
    except ValueError:
        return False
