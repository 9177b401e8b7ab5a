"""Tasks and queues as JSON: what ``--json`` prints, and what commands read back.

Members have the names of the SDK's attributes. A payload that is UTF-8 is ``payload``, any other is
``payload_base64``. Absent and null are the same when read, and a record may be fed to a command
that needs only part of it: that is what lets commands be joined by pipes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import click

from tqsdk import payload as payloads
from tqsdk.errors import ConfigError, PayloadDecodeError
from tqsdk.models import QueueAcl, QueueInfo, QueueStats, Task, TaskSummary

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# What a new task is made of; all other members of a task are the server's to say.
_OF_A_DRAFT = {"payload", "payload_base64", "name", "tag", "eta"}
_OF_A_TASK = _OF_A_DRAFT | {
    "queue",
    "project",
    "enqueued_at",
    "lease_expires_at",
    "lease_token",
    "retry_count",
    "deduplicated",
}


class RecordError(click.UsageError):
    """Not the JSON, or the time, that it should be; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A task to insert; see ``Queue.insert``.

    Attributes:
        place: Where it was read, for errors.
    """

    place: str = ""
    payload: bytes
    name: str | None = None
    tag: str | None = None
    eta: datetime | timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A task of some queue, and the proof of a lease.

    Attributes:
        project: As it was read; None if it was not said.
        lease_token: None where none is needed, or known.
        retry_count: Likewise.
        members: The record it was read from.
    """

    name: str
    queue: str
    project: str | None = None
    lease_token: int | None = None
    retry_count: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def check_project(self, project: str) -> None:
        """Refuse a task that is not of *project*, whatever the partition in front of either.

        Raises:
            ConfigError: Its record says another project.
        """
        if self.project is not None and _bare(self.project) != _bare(project):
            raise ConfigError(f"{self.name} is a task of {self.project}, not of {project}")


def of_task(task: TaskSummary) -> dict[str, Any]:
    """A task as it is printed; with its payload if the server has sent it."""
    leased = task.retry_count > 0
    record: dict[str, Any] = {
        "name": task.name,
        "queue": task.queue,
        "project": task.project,
        "tag": task.tag,
        "enqueued_at": spelled(task.enqueued_at),
        # One number on the wire: the end of the last lease, or the ETA if there was none.
        "eta": None if leased else spelled(task.eta),
        "lease_expires_at": spelled(task.lease_expires_at),
        "lease_token": task.lease_token,
        "retry_count": task.retry_count,
    }
    return record | _payload(task.payload) if isinstance(task, Task) else record


def of_new_task(task: Task) -> dict[str, Any]:
    """A task that was just inserted, without the payload, which the user has."""
    record = of_task(task) | {"deduplicated": task.deduplicated}
    return {name: value for name, value in record.items() if not name.startswith("payload")}


def of_reference(reference: Reference, **changes: Any) -> dict[str, Any]:
    """A task known from its record, with what has changed since."""
    return {"name": reference.name, "queue": reference.queue, **reference.members, **changes}


def of_queue(queue: QueueInfo) -> dict[str, Any]:
    """A queue as it is printed."""
    acl = queue.acl or QueueAcl()
    return {
        "name": queue.name,
        "project": queue.project,
        "max_leases": queue.max_leases,
        "admin_emails": list(acl.admin_emails),
        "consumer_emails": list(acl.consumer_emails),
        "producer_emails": list(acl.producer_emails),
    }


def of_stats(stats: QueueStats) -> dict[str, Any]:
    """A queue's numbers as they are printed."""
    return {
        "total_tasks": stats.total_tasks,
        "oldest_task": spelled(stats.oldest_task),
        "leased_last_minute": stats.leased_last_minute,
        "leased_last_hour": stats.leased_last_hour,
    }


def payload_of(record: Mapping[str, Any]) -> bytes:
    """The payload in the record of a task."""
    if "payload" in record:
        return payloads.as_bytes(record["payload"])
    return payloads.decode(record.get("payload_base64", ""))


def read_draft(line: bytes) -> Draft:
    """The task that a JSON object describes.

    Raises:
        RecordError: It does not.
    """
    data = _object(line)
    if unknown := data.keys() - _OF_A_TASK:
        members = ", ".join(sorted(_OF_A_DRAFT))
        raise RecordError(f"{min(unknown)!r} is no member of a task; there are {members}")
    text, encoded = _text(data, "payload"), _text(data, "payload_base64")
    if (text is None) == (encoded is None):
        raise RecordError("a task has a payload (text) or a payload_base64, and not both")
    eta = _text(data, "eta")
    return Draft(
        payload=_bytes(text, encoded),
        name=_text(data, "name"),
        tag=_text(data, "tag"),
        eta=None if eta is None else instant(eta),
    )


def read_reference(line: bytes) -> Reference:
    """The task that a JSON object names.

    Raises:
        RecordError: It names none.
    """
    data = _object(line)
    name, queue = _text(data, "name"), _text(data, "queue")
    if name is None or queue is None:
        raise RecordError("a task has a name and a queue")
    return Reference(
        name=name,
        queue=queue,
        project=_text(data, "project"),
        lease_token=_integer(data, "lease_token"),
        retry_count=_integer(data, "retry_count"),
        members=data,
    )


def instant(text: str) -> datetime:
    """The time that *text* says in ISO 8601.

    Raises:
        RecordError: It says none, or not in which time zone.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise RecordError(f"{text!r} is no time such as 2026-01-31T12:00:00Z") from error
    if time.tzinfo is None:
        raise RecordError(f"{text!r} has no time zone: add Z for UTC, or such as +02:00")
    return time


def spelled(time: datetime | None) -> str | None:
    """A time in ISO 8601, in UTC."""
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def end_of_lease(token: int) -> datetime:
    """When a lease ends by the server's clock, which is what its token says."""
    try:
        return _EPOCH + timedelta(microseconds=token)
    except OverflowError as error:
        raise RecordError(f"no lease has the token {token}") from error


def _bare(project: str) -> str:
    return project.rpartition("~")[2]


def _payload(payload: bytes) -> dict[str, str]:
    try:
        return {"payload": payload.decode()}
    except UnicodeDecodeError:
        return {"payload_base64": payloads.encode(payload)}


def _bytes(text: str | None, encoded: str | None) -> bytes:
    try:
        return payloads.decode(encoded or "") if text is None else payloads.as_bytes(text)
    except (PayloadDecodeError, UnicodeEncodeError) as error:
        raise RecordError(str(error)) from error


def _object(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise RecordError("not a JSON object")
    return cast(dict[str, Any], data)


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"{name} is not text")
    return value


def _integer(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise RecordError(f"{name} is not a whole number")
    return value
