"""The eight methods: what each asks of the engine, and how the result is shown (API.md section 6).

A handler gets a ``Call`` and returns members, or a ``Plan`` where the store is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

import msgspec

from emulator.engine.engine import Engine
from emulator.engine.model import LeaseToken, QueueId, Task
from emulator.engine.store import Work
from emulator.rest import choices, errors, payload, render
from emulator.rest.access import Caller, check_access_list
from emulator.rest.attempts import attempt_id
from emulator.rest.endpoint import Plan, Serve
from emulator.rest.messages import Request
from emulator.rest.parse import Arguments, Body
from emulator.rest.render import Members

_PROJECT = re.compile(r"(?:([a-z])~)?([a-z0-9.:-]{1,100})")
# Projects repeat even more than queries do.
_REMEMBERED = 1_024


class Call(msgspec.Struct, frozen=True):
    """One call of a method, its path, query and body read.

    Attributes:
        caller: Who calls.
        partition: The one-letter prefix that the caller gave the project, or "".
        task: The task that the path names, or "".
        attempt: The caller's id for this call, if it was given one.
        body: None where there was none.
    """

    caller: Caller
    queue: QueueId
    partition: str
    task: str
    attempt: str | None
    arguments: Arguments
    body: Body | None


Handler: TypeAlias = Callable[[Call], Plan | Members]


class Methods:
    """The handlers, over one engine."""

    def __init__(self, engine: Engine, *, partition: str) -> None:
        """Make the handlers.

        Args:
            engine: Does the work.
            partition: The letter that full queue names show before the project.
        """
        self._engine = engine
        self._limits = engine.limits
        self._partition = partition
        self._by_id: Mapping[str, Handler] = {
            "taskqueue.taskqueues.get": self.get_queue,
            "taskqueue.tasks.insert": self.insert,
            "taskqueue.tasks.get": self.get,
            "taskqueue.tasks.list": self.list,
            "taskqueue.tasks.lease": self.lease,
            "taskqueue.tasks.update": self.update,
            "taskqueue.tasks.patch": self.patch,
            "taskqueue.tasks.delete": self.delete,
        }

    def serving(self, method: str) -> Serve:
        """What serves the method with this id; it raises WireError or EngineError to refuse.

        The queue is looked up first, then its access list; only then is the request looked at.
        """
        handler = self._by_id[method]

        def serve(
            caller: Caller,
            request: Request,
            variables: Mapping[str, str],
            arguments: Arguments,
            body: Body | None,
        ) -> Plan | Members:
            partition, project = read_project(variables["project"])
            call = Call(
                caller,
                QueueId(project, variables["taskqueue"]),
                partition,
                variables.get("task", ""),
                attempt_id(request),
                arguments,
                body,
            )
            settings = self._engine.describe(call.queue)
            check_access_list(caller, settings, method, self._limits)
            return handler(call)

        return serve

    def get_queue(self, call: Call) -> Plan | Members:
        """taskqueues.get"""
        settings = self._engine.describe(call.queue)
        name = self._full_name(call.queue)
        if not call.arguments.get("getStats", False):
            return render.queue_members(name, settings, None)
        return Plan(
            self._engine.stats(call.queue),
            lambda stats: render.queue_members(name, settings, stats),
        )

    def insert(self, call: Call) -> Plan:
        """tasks.insert"""
        self._check_partition(call)
        if call.body is None:
            raise errors.body_required()
        named = call.body.get("queueName")
        if named is None and choices.INSERT_NEEDS_QUEUE_NAME:
            raise errors.invalid_queue_name_member()
        if named is not None and not _names(call.queue, named):
            raise errors.invalid_queue_name_member()
        work = self._engine.insert(
            call.queue,
            payload=payload.decode(
                call.body.get("payloadBase64", ""), standard=self._limits.standard_base64
            ),
            name=call.body.get("id"),
            tag=call.body.get("tag", ""),
            eta=call.body.get("leaseTimestamp"),
        )
        return self._show_task(work, call, named)

    def get(self, call: Call) -> Plan:
        """tasks.get"""
        return self._show_task(self._engine.get(call.queue, call.task), call, None)

    def list(self, call: Call) -> Plan:
        """tasks.list"""
        name = self._full_name(call.queue)
        return Plan(
            self._engine.listing(call.queue), lambda tasks: render.listed_members(tasks, name)
        )

    def lease(self, call: Call) -> Plan:
        """tasks.lease"""
        name = self._full_name(call.queue)
        work = self._engine.lease(
            call.queue,
            count=call.arguments["numTasks"],
            seconds=call.arguments["leaseSecs"],
            tag=call.arguments.get("tag", ""),
            group_by_tag=call.arguments.get("groupByTag", False),
            attempt=call.attempt,
        )
        return Plan(work, lambda tasks: render.leased_members(tasks, name))

    def update(self, call: Call) -> Plan:
        """tasks.update: the body says which task, as the live service had it (trace T3)."""
        if call.body is None:
            # A published client sends no body at all: then the URL's task is meant.
            return self._renew(call, call.task, None)
        for required in ("id", "leaseTimestamp"):
            if required not in call.body:
                raise errors.member_required(required)
        named = call.body.get("queueName")
        if named is not None:
            self._check_unchanged_queue(call, named)
        name = call.body["id"] if choices.BODY_DECIDES_UPDATE else call.task
        return self._renew(call, name, named)

    def patch(self, call: Call) -> Plan:
        """tasks.patch"""
        if call.body is None:
            raise errors.body_required()
        named = call.body.get("queueName")
        if named is None:
            raise errors.invalid_queue_name_member()
        self._check_unchanged_queue(call, named)
        if call.body.get("id", call.task) != call.task:
            raise errors.changed_member("id")
        return self._renew(call, call.task, named)

    def delete(self, call: Call) -> Plan:
        """tasks.delete"""
        self._check_partition(call)
        return Plan(self._engine.delete(call.queue, call.task), lambda _: None)

    def _renew(self, call: Call, name: str, named: str | None) -> Plan:
        body = call.body or {}
        token = LeaseToken(eta=body.get("leaseTimestamp"), retry_count=body.get("retry_count"))
        work = self._engine.renew(
            call.queue, name, seconds=call.arguments["newLeaseSeconds"], token=token
        )
        return self._show_task(work, call, named, payload=choices.RENEWALS_SHOW_PAYLOAD)

    def _show_task(
        self, work: Work[Task], call: Call, named: str | None, *, payload: bool = True
    ) -> Plan:
        """Show one task, its queue named as the caller named it, else in full."""
        echoed = named if choices.ECHOES_QUEUE_NAME else None
        name = echoed or self._full_name(call.queue)
        return Plan(
            work,
            lambda task: render.task_members(
                task if payload else task._replace(payload=None), name
            ),
        )

    def _full_name(self, queue: QueueId) -> str:
        return render.full_queue_name(queue, self._partition)

    def _check_unchanged_queue(self, call: Call, named: str) -> None:
        full = self._limits.long_queue_name_in_patch and _names(call.queue, named)
        if not full and named != call.queue.name:
            raise errors.changed_member("queueName")

    def _check_partition(self, call: Call) -> None:
        if not (call.partition or self._limits.bare_project_for_writes):
            raise errors.bare_project()


@lru_cache(_REMEMBERED)
def read_project(segment: str) -> tuple[str, str]:
    """A project as (partition, id): the live service took ids with and without (trace T7).

    Raises:
        WireError: No project can have this id.
    """
    matched = _PROJECT.fullmatch(segment)
    if matched is None:
        raise errors.invalid_project(segment)
    return matched[1] or "", matched[2]


def _names(queue: QueueId, text: str) -> bool:
    """Whether *text* means *queue*: its name, or in full, with any partition or none."""
    if text == queue.name:
        return True
    project = text.removeprefix("projects/").removesuffix(f"/taskqueues/{queue.name}")
    return (
        text == f"projects/{project}/taskqueues/{queue.name}"
        and re.sub("^[a-z]~", "", project) == queue.project
    )
