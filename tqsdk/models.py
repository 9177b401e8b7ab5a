"""What the server says, as values for people: bytes, aware datetimes, short names.

The wire names, the one place where they are read. Types and formats come from the contract. An
absent member and a ``null`` are the same; members that no model knows stay in ``raw``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, cast

from discovery import contract, formats
from tqsdk import forms
from tqsdk import payload as payloads

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FULL_NAME = re.compile(r"projects/([^/]+)/taskqueues/([^/]+)")
_JSON_WORDS: Mapping[type, str] = {dict: "an object", list: "a list"}
_SHOWN = 32  # bytes of a payload that a repr shows


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSummary:
    """A task without its payload: what ``Queue.list`` gives, for the server sends no more.

    Attributes:
        name: The task's name within its queue.
        queue: The queue's short name.
        project: As the server writes it, often with a partition: ``s~my-app``.
        tag: None if it has none.
        enqueued_at: When it was inserted; Google's server kept whole seconds.
        lease_token: What proves a lease: microseconds since 1970 at which it ends, by the
            server's clock. 0 if the task never had a lease nor an ETA.
        retry_count: How often it has been leased.
        raw: The JSON object all this was read from.
    """

    name: str
    queue: str
    project: str
    tag: str | None = None
    enqueued_at: datetime
    lease_token: int = field(default=0, repr=False)
    retry_count: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @classmethod
    def from_api(cls, data: Mapping[str, Any], *, project: str, queue: str) -> TaskSummary:
        """Read a task of the wire.

        Args:
            data: The JSON object.
            project: Asked for; used if the answer does not say.
            queue: Likewise.

        Raises:
            ValueError: It is not a task.
        """
        return cls(**_summary(data, project, queue))

    @property
    def eta(self) -> datetime | None:
        """From when on the task can be leased: its ETA, or the end of its lease.

        None if it never had either. An instant in the past means that it can be leased now.
        """
        return _instant(self.lease_token) if self.lease_token else None

    @property
    def lease_expires_at(self) -> datetime | None:
        """When its last lease ends or has ended, by the server's clock; None if never leased.

        Do not compare it with the clock of this machine: ``Lease.seconds_left`` is for that.
        """
        return self.eta if self.retry_count else None

    def to_api(self) -> dict[str, Any]:
        """The task as the wire spells it, unknown members included."""
        known = {
            "kind": "taskqueues#task",
            "id": self.name,
            "queueName": f"projects/{self.project}/taskqueues/{self.queue}",
            "enqueueTimestamp": _microseconds(self.enqueued_at),
            "leaseTimestamp": self.lease_token,
            "retry_count": self.retry_count,
            "tag": self.tag,
        }
        return _unknown(self.raw, known) | spell("Task", known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(TaskSummary):
    """A task as the server last described it.

    Attributes:
        payload: The bytes that were inserted; empty if none were.
        deduplicated: Whether ``insert`` found it already stored, by an earlier attempt whose
            answer was lost.
    """

    payload: bytes = b""
    deduplicated: bool = False

    @classmethod
    def from_api(cls, data: Mapping[str, Any], *, project: str, queue: str) -> Task:
        """Read a task of the wire, as ``TaskSummary.from_api`` does.

        Raises:
            ValueError: It is not a task.
            PayloadDecodeError: Its payload is not base64.
        """
        text = _read("Task", data, "payloadBase64") or ""
        return cls(payload=payloads.decode(text), **_summary(data, project, queue))

    def text(self, encoding: str = "utf-8") -> str:
        """The payload as text.

        Raises:
            UnicodeDecodeError: It is not text in this encoding.
        """
        return self.payload.decode(encoding)

    def json(self) -> Any:
        """The payload read as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.payload)

    def form(self) -> dict[str, str | list[str]]:
        """The payload read as a form, as App Engine's ``Task.extract_params`` did.

        A name with one value has text, one with several has a list of them.

        Raises:
            ValueError: It is not a form.
        """
        return forms.decode(self.payload)

    def to_api(self) -> dict[str, Any]:
        # Not super(): a dataclass with slots is a second class, which super() does not find.
        task = TaskSummary.to_api(self)
        return task | spell("Task", {"payloadBase64": payloads.encode(self.payload)})

    def __repr__(self) -> str:
        shown = repr(self.payload[:_SHOWN])
        if len(self.payload) > _SHOWN:
            shown += f"... ({len(self.payload):,} bytes)"
        return (
            f"Task(name={self.name!r}, queue={self.queue!r}, project={self.project!r}, "
            f"tag={self.tag!r}, payload={shown}, retry_count={self.retry_count})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStats:
    """A queue's numbers, which Google's server gave with some delay.

    Attributes:
        total_tasks: All tasks not deleted, leased ones included.
        oldest_task: The smallest ETA of all; None for an empty queue. Whole seconds, unlike all
            other times of this API.
        leased_last_minute: Leases given in the last 60 seconds.
        leased_last_hour: Leases given in the last 3600 seconds.
    """

    total_tasks: int = 0
    oldest_task: datetime | None = None
    leased_last_minute: int = 0
    leased_last_hour: int = 0

    @classmethod
    def from_api(cls, data: Mapping[str, Any]) -> QueueStats:
        """Read the ``stats`` of a queue.

        Raises:
            ValueError: They are not what the contract says.
        """
        oldest = _read("TaskQueue.stats", data, "oldestTask")
        return cls(
            total_tasks=_read("TaskQueue.stats", data, "totalTasks") or 0,
            oldest_task=_instant(oldest * 1_000_000) if oldest else None,
            leased_last_minute=_read("TaskQueue.stats", data, "leasedLastMinute") or 0,
            leased_last_hour=_read("TaskQueue.stats", data, "leasedLastHour") or 0,
        )

    def to_api(self) -> dict[str, Any]:
        """The numbers as the wire spells them."""
        oldest = _microseconds(self.oldest_task) // 1_000_000 if self.oldest_task else 0
        numbers = {
            "totalTasks": self.total_tasks,
            "oldestTask": oldest,
            "leasedLastMinute": self.leased_last_minute,
            "leasedLastHour": self.leased_last_hour,
        }
        return spell("TaskQueue.stats", numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAcl:
    """Who may do what with a queue: e-mail addresses.

    Attributes:
        admin_emails: May change the queue.
        consumer_emails: May lease, get, list, renew and delete.
        producer_emails: May insert.
    """

    admin_emails: tuple[str, ...] = ()
    consumer_emails: tuple[str, ...] = ()
    producer_emails: tuple[str, ...] = ()

    @classmethod
    def from_api(cls, data: Mapping[str, Any]) -> QueueAcl:
        """Read the ``acl`` of a queue.

        Raises:
            ValueError: It is not what the contract says.
        """
        return cls(
            admin_emails=tuple(_read("TaskQueue.acl", data, "adminEmails") or ()),
            consumer_emails=tuple(_read("TaskQueue.acl", data, "consumerEmails") or ()),
            producer_emails=tuple(_read("TaskQueue.acl", data, "producerEmails") or ()),
        )

    def to_api(self) -> dict[str, Any]:
        """The lists as the wire spells them, empty ones left out."""
        lists = {
            "adminEmails": list(self.admin_emails),
            "consumerEmails": list(self.consumer_emails),
            "producerEmails": list(self.producer_emails),
        }
        return spell("TaskQueue.acl", {name: emails for name, emails in lists.items() if emails})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueInfo:
    """A queue as the server describes it.

    Attributes:
        name: Its short name.
        project: As the server writes it, often with a partition: ``s~my-app``.
        max_leases: How often a task can be leased before the server deletes it; None for ever.
        stats: Only if asked for.
        acl: None if the server tells of none.
        raw: The JSON object all this was read from.
    """

    name: str
    project: str
    max_leases: int | None = None
    stats: QueueStats | None = None
    acl: QueueAcl | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @classmethod
    def from_api(cls, data: Mapping[str, Any], *, project: str, queue: str) -> QueueInfo:
        """Read a queue of the wire.

        Args:
            data: The JSON object.
            project: Asked for; used if the answer does not say.
            queue: Likewise.

        Raises:
            ValueError: It is not a queue.
        """
        _expect("TaskQueue", data)
        full_name = _read("TaskQueue", data, "id")
        project, queue = _project_and_queue(full_name, project, queue)
        stats = _read("TaskQueue", data, "stats")
        acl = _read("TaskQueue", data, "acl")
        return cls(
            name=queue,
            project=project,
            max_leases=_read("TaskQueue", data, "maxLeases"),
            stats=None if stats is None else QueueStats.from_api(stats),
            acl=None if acl is None else QueueAcl.from_api(acl),
            raw=data,
        )

    def to_api(self) -> dict[str, Any]:
        """The queue as the wire spells it, unknown members included."""
        known = {
            "kind": "taskqueues#taskqueue",
            "id": f"projects/{self.project}/taskqueues/{self.name}",
            "maxLeases": self.max_leases,
            "stats": self.stats and self.stats.to_api(),
            "acl": self.acl and self.acl.to_api(),
        }
        return _unknown(self.raw, known) | spell("TaskQueue", known)


def task_items(schema: str, data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tasks in the answer to a lease (``Tasks``) or a list (``Tasks2``).

    Raises:
        ValueError: It is not a list of tasks.
    """
    _expect(schema, data)
    return _read(schema, data, "items") or []


def inserted(
    data: Mapping[str, Any], payload: bytes, encoded: str, *, project: str, queue: str
) -> Task:
    """The task in the answer to an insert of *payload*, which was sent as *encoded*.

    A server may leave the payload out of its answer: what was sent is what is stored. If it sends
    the same back, there is no need to decode it.

    Raises:
        ValueError: It is not a task.
    """
    data = {"payloadBase64": encoded, **data}
    if data["payloadBase64"] != encoded:
        return Task.from_api(data, project=project, queue=queue)
    return Task(payload=payload, **_summary(data, project, queue))


def spell(schema: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Spell *members*, by their wire names, for JSON; those that are None are left out.

    Raises:
        FormatError: The contract does not allow a value.
    """
    properties = _properties(schema)
    return {
        name: value
        if properties[name].type in ("array", "object")
        else formats.to_json(properties[name].type, properties[name].format, value)
        for name, value in members.items()
        if value is not None
    }


def _unknown(raw: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What came with the answer and no attribute stands for."""
    return {name: value for name, value in raw.items() if name not in known}


def _summary(data: Mapping[str, Any], project: str, queue: str) -> dict[str, Any]:
    """The arguments that both kinds of task are made with."""
    _expect("Task", data)
    name = _read("Task", data, "id")
    enqueued = _read("Task", data, "enqueueTimestamp")
    if name is None or enqueued is None:
        raise ValueError("a task has an id and an enqueueTimestamp; this answer has not")
    project, queue = _project_and_queue(_read("Task", data, "queueName"), project, queue)
    return {
        "name": name,
        "queue": queue,
        "project": project,
        "tag": _read("Task", data, "tag") or None,
        "enqueued_at": _instant(enqueued),
        "lease_token": _read("Task", data, "leaseTimestamp") or 0,
        "retry_count": _read("Task", data, "retry_count") or 0,
        "raw": data,
    }


def _read(schema: str, data: Mapping[str, Any], name: str) -> Any:
    """One member, as the contract types it; None if absent."""
    value = data.get(name)
    return None if value is None else _reader(schema, name)(value)


@cache
def _reader(schema: str, name: str) -> Callable[[Any], Any]:
    property = _properties(schema)[name]
    if property.type == "array" and property.items is not None:
        read = _scalar_reader(name, property.items)
        return lambda value: [
            read(each) for each in cast(list[object], _instance(list, name, value))
        ]
    return _scalar_reader(name, property)


def _scalar_reader(name: str, property: contract.Property) -> Callable[[Any], Any]:
    if property.type == "object":
        return lambda value: cast(dict[str, Any], _instance(dict, name, value))
    return formats.json_reader(property.type, property.format)


def _instance(kind: type[T], name: str, value: object) -> T:
    if not isinstance(value, kind):
        raise ValueError(f"{name} is not {_JSON_WORDS[kind]}")
    return value


def _properties(schema: str) -> Mapping[str, contract.Property]:
    """The members of a schema, or of an object within one: ``TaskQueue.stats``."""
    name, _, inner = schema.partition(".")
    properties = contract.load("v1beta2").schemas[name].properties
    return properties[inner].properties if inner else properties


def _expect(schema: str, data: Mapping[str, Any]) -> None:
    """Refuse what says that it is something else, such as the answer after a wrong redirect.

    Only what follows the ``#`` counts: servers disagree about the word before it.
    """
    kind = _read(schema, data, "kind")
    default = _properties(schema)["kind"].default or ""
    if kind is not None and kind.partition("#")[2] != default.partition("#")[2]:
        raise ValueError(f"this is a {kind}, not a {default}")


def _project_and_queue(name: str | None, project: str, queue: str) -> tuple[str, str]:
    """Split a full name; a short one, or none, leaves the project as it was asked for."""
    if full := _FULL_NAME.fullmatch(name or ""):
        return full[1], full[2]
    return project, name or queue


def _instant(microseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise ValueError(f"{microseconds} microseconds lie beyond the year 9999") from error


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
