"""The lines of an export as values: what is kept of a queue, and how each is spelled in JSON.

All times are integer microseconds since 1970 UTC. docs/export-format.md is the same for people.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from reprlib import repr as shortened
from typing import TypeAlias

from discovery import jsonl_members as checks
from discovery.jsonl_members import LineError, Members

_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """A task that is not deleted.

    Attributes:
        project: Without its partition.
        name: None has the importer make one.
        tag: "" is no tag.
        eta: From when on it can be leased, which is when its lease ends if it is leased; None is
            when it is imported.
        eta_given: Whether whoever inserted it chose its first ``eta``.
        enqueued_at: None is when it is imported, cut to whole seconds.
        retry_count: How many leases it has had.
    """

    project: str
    queue: str
    payload: bytes
    name: str | None = None
    tag: str = ""
    eta: int | None = None
    eta_given: bool = False
    enqueued_at: int | None = None
    retry_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneLine:
    """The name of a deleted task, which is taken until ``until``."""

    project: str
    queue: str
    name: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasesLine:
    """How many leases a queue saw in the second that begins with ``second`` (since 1970)."""

    project: str
    queue: str
    second: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """A lease call under an id of the caller's, as it was answered.

    Attributes:
        asked: The call's arguments, in a form of which only equality matters.
        until: The end of the lease that it began.
        tasks: Name and ``retry_count`` of each task leased, in the order of the answer.
    """

    project: str
    queue: str
    id: str
    asked: str
    until: int
    tasks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """What time it is by the server's own clock, and how it goes; for a clock that was moved.

    Attributes:
        own: Its time when the file was written.
        factor: How much of its time passes in a second of the machine's; 0 is none.
        auto_jump: How far a lease that would be empty may jump ahead; 0 is not at all.
    """

    own: int
    factor: float = 1.0
    auto_jump: int = 0


Line: TypeAlias = TaskLine | TombstoneLine | LeasesLine | AttemptLine | ClockLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line.

    Attributes:
        written_at: When, by the clock of whoever wrote it; None is not known.
        written_by: What wrote it.
        project: Of the lines that name none.
        queue: Likewise.
        ordered: Whether tasks and tombstones come by project, queue and name, compared as bytes, so
            that a reader sees a name that comes twice without remembering all of them.
        trailer: Whether a last line with counts and a digest ends the file.
    """

    written_at: int | None = None
    written_by: str = ""
    project: str | None = None
    queue: str | None = None
    ordered: bool = False
    trailer: bool = True


def task_members(line: TaskLine) -> dict[str, object]:
    """What stands in the line of a task; what is None stays away."""
    members = {
        "kind": "task",
        "project": line.project,
        "queue": line.queue,
        "name": line.name,
        "payload_base64": _coded(line.payload),
        "tag": line.tag,
        "eta_us": line.eta,
        "eta_given": line.eta_given,
        "enqueued_us": line.enqueued_at,
        "retry_count": line.retry_count,
        "sha256": hashlib.sha256(line.payload).hexdigest(),
    }
    return {name: value for name, value in members.items() if value is not None}


def members_of(line: Line) -> dict[str, object]:
    """What stands in a line."""
    match line:
        case TaskLine():
            return task_members(line)
        case TombstoneLine():
            place = {"kind": "tombstone", "project": line.project, "queue": line.queue}
            return {**place, "name": line.name, "until_us": line.until}
        case LeasesLine():
            place = {"kind": "leases", "project": line.project, "queue": line.queue}
            return {**place, "second": line.second, "count": line.count}
        case AttemptLine():
            place = {"kind": "attempt", "project": line.project, "queue": line.queue}
            call = {"id": line.id, "asked": line.asked, "until_us": line.until}
            return {**place, **call, "tasks": line.tasks}
        case ClockLine():
            goes = {"factor": line.factor, "auto_jump_us": line.auto_jump}
            return {"kind": "clock", "own_us": line.own, **goes}


def line_of(members: Members) -> Line:
    """Read a line that is neither the first nor the last.

    Raises:
        LineError: It is none.
    """
    kind = members.maybe("kind", checks.text) or "task"
    read = _READERS.get(kind)
    if read is None:
        raise LineError(f"kind is {shortened(kind)}, and must be one of {', '.join(_READERS)}, end")
    line = read(members)
    members.end()
    return line


def header_of(members: Members) -> Header:
    """Read what the first line says beside its format.

    Raises:
        LineError: A member is wrong.
    """
    trailer = members.maybe("trailer", checks.flag)
    header = Header(
        written_at=members.maybe("written_us", checks.number),
        written_by=members.maybe("written_by", checks.text) or "",
        project=members.maybe("project", checks.project),
        queue=members.maybe("queue", checks.queue),
        ordered=members.maybe("ordered", checks.flag) or False,
        trailer=trailer is not False,
    )
    members.end()
    return header


def header_members(header: Header) -> dict[str, object]:
    """What stands in the first line beside its format; what is as it is anyway stays away."""
    members = {
        "written_us": header.written_at,
        "written_by": header.written_by or None,
        "project": header.project,
        "queue": header.queue,
        "ordered": header.ordered or None,
        "trailer": None if header.trailer else False,
    }
    return {name: value for name, value in members.items() if value is not None}


def _task(members: Members) -> TaskLine:
    project, queue = members.place()
    payload = _payload(members)
    eta = members.maybe("eta_us", checks.number)
    eta_given = members.maybe("eta_given", checks.flag)
    return TaskLine(
        project=project,
        queue=queue,
        payload=payload,
        name=members.maybe("name", checks.task_name),
        tag=members.maybe("tag", checks.text) or "",
        eta=eta,
        eta_given=eta is not None if eta_given is None else eta_given,
        enqueued_at=members.maybe("enqueued_us", checks.number),
        retry_count=members.maybe("retry_count", checks.retry_count) or 0,
    )


def _payload(members: Members) -> bytes:
    payload = members.maybe("payload_base64", checks.base64)
    plain = members.maybe("payload", checks.text)
    if plain is not None:
        if payload is not None:
            raise LineError("a task has a payload (text) or a payload_base64, and not both")
        payload = plain.encode()
    if payload is None:
        raise LineError("payload_base64 is missing; it may be payload, which is a text")
    given = members.maybe("sha256", checks.digest)
    if given is not None and given != hashlib.sha256(payload).hexdigest():
        raise LineError("sha256 is not that of the payload: one of the two was changed")
    return payload


def _coded(payload: bytes) -> str:
    return binascii.b2a_base64(payload, newline=False).translate(_TO_URL_SAFE).decode("ascii")


def _tombstone(members: Members) -> TombstoneLine:
    project, queue = members.place()
    return TombstoneLine(
        project=project,
        queue=queue,
        name=members.take("name", checks.task_name),
        until=members.take("until_us", checks.number),
    )


def _leases(members: Members) -> LeasesLine:
    project, queue = members.place()
    return LeasesLine(
        project=project,
        queue=queue,
        second=members.take("second", checks.second),
        count=members.take("count", checks.number),
    )


def _attempt(members: Members) -> AttemptLine:
    project, queue = members.place()
    return AttemptLine(
        project=project,
        queue=queue,
        id=members.take("id", checks.attempt_id),
        asked=members.take("asked", checks.text),
        until=members.take("until_us", checks.number),
        tasks=members.take("tasks", checks.leased),
    )


def _clock(members: Members) -> ClockLine:
    factor = members.maybe("factor", checks.factor)
    return ClockLine(
        own=members.take("own_us", checks.number),
        factor=1.0 if factor is None else factor,
        auto_jump=members.maybe("auto_jump_us", checks.number) or 0,
    )


_READERS: dict[str, Callable[[Members], Line]] = {
    "task": _task,
    "tombstone": _tombstone,
    "leases": _leases,
    "attempt": _attempt,
    "clock": _clock,
}
