"""How answers look: resources as wire members, JSON as bytes, errors in Google's envelope.

Members stand in the order of the lines below (API.md section 12, Q16); what is not set is left
out, never null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from emulator.engine.clock import MICROSECONDS
from emulator.engine.model import QueueId, QueueSettings, QueueStats, Task
from emulator.rest import choices, payload
from emulator.rest.errors import CODE_HEADER, WireError
from emulator.rest.messages import Headers, Response

Members: TypeAlias = dict[str, Any]

_SCRIPT = ("content-type", "text/javascript; charset=UTF-8")
_JSON: Headers = (("content-type", "application/json; charset=UTF-8"),)


def json_response(members: Members, *, status: int = 200, pretty: bool = True) -> Response:
    """An answer with a body; pretty is one space a level, the API's default form."""
    return Response(status, _JSON, json_bytes(members, pretty=pretty))


def empty_response() -> Response:
    """The answer of a delete."""
    return Response(choices.DELETED_STATUS, ())


def jsonp(response: Response, callback: str) -> Response:
    """An answer as a script that hands it to *callback*; always 200, or no page could read it."""
    body = b"// API callback\n%s(%s);" % (callback.encode("ascii"), response.body.rstrip())
    return Response(200, (_SCRIPT, *(each for each in response.headers if each not in _JSON)), body)


def is_script(response: Response) -> bool:
    """Whether *response* is one that ``jsonp`` made."""
    return response.headers[:1] == (_SCRIPT,)


def json_bytes(members: Members, *, pretty: bool) -> bytes:
    """JSON as Google wrote it."""
    encoded = msgspec.json.encode(members)
    return msgspec.json.format(encoded, indent=1) + b"\n" if pretty else encoded


def error_response(error: WireError, *, pretty: bool = True) -> Response:
    """Google's envelope, and the engine's code in a header of ours."""
    item: Members = {"domain": "global", "reason": error.reason, "message": error.message}
    if error.location is not None:
        item["locationType"] = error.location.type
        item["location"] = error.location.name
    members = {"error": {"errors": [item], "code": error.status, "message": error.message}}
    code: Headers = () if error.code is None else ((CODE_HEADER, error.code.name),)
    return Response(
        error.status, (*_JSON, *code, *error.headers), json_bytes(members, pretty=pretty)
    )


def full_queue_name(queue: QueueId, partition: str) -> str:
    """``projects/s~app/taskqueues/q``, as the live service named queues (trace T1)."""
    return f"projects/{partition}~{queue.project}/taskqueues/{queue.name}"


def task_members(task: Task, queue_name: str) -> Members:
    """A Task resource; no payload where the task was read without one."""
    members: Members = {"kind": "taskqueues#task", "id": task.name, "queueName": queue_name}
    if task.payload is not None:
        members["payloadBase64"] = payload.encode(task.payload)
    members["enqueueTimestamp"] = str(task.enqueued_at)
    timed = task.retry_count or task.eta_given
    members["leaseTimestamp"] = str(task.eta) if timed else choices.NEVER_LEASED
    members["retry_count"] = task.retry_count
    if task.tag:
        members["tag"] = task.tag
    return members


def leased_members(tasks: Sequence[Task], queue_name: str) -> Members:
    """The answer of a lease. Its kind has one "s" less than that of a list (API.md 5.3)."""
    return _collection("taskqueue#tasks", tasks, queue_name)


def listed_members(tasks: Sequence[Task], queue_name: str) -> Members:
    """The answer of a list."""
    return _collection("taskqueues#tasks", tasks, queue_name)


def queue_members(name: str, settings: QueueSettings, stats: QueueStats | None) -> Members:
    """A TaskQueue resource."""
    members: Members = {"kind": "taskqueues#taskqueue", "id": name}
    if settings.retry_limit is not None or choices.SHOWS_UNSET_MEMBERS:
        members["maxLeases"] = settings.retry_limit or 0
    if stats is not None:
        members["stats"] = {
            "totalTasks": stats.total_tasks,
            # The one time on the wire that is in seconds (trace T8).
            "oldestTask": str((stats.oldest_eta or 0) // MICROSECONDS),
            "leasedLastMinute": str(stats.leased_last_minute),
            "leasedLastHour": str(stats.leased_last_hour),
        }
    if settings.has_acl or choices.SHOWS_UNSET_MEMBERS:
        acl = {"consumerEmails": settings.consumers, "producerEmails": settings.producers}
        members["acl"] = {name: list(emails) for name, emails in acl.items() if emails}
    return members


def _collection(kind: str, tasks: Sequence[Task], queue_name: str) -> Members:
    members: Members = {"kind": kind}
    if tasks:
        members["items"] = [task_members(task, queue_name) for task in tasks]
    return members
