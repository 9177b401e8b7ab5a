"""The eight methods of the API as values: how each becomes a request, and what its answer means.

Nothing here sends. Verbs, paths, parameter names and the spelling of values come from the contract.
``Client.perform`` sends a call; the handles in ``queue`` do that for everyday use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote, urlencode

from discovery import contract, formats
from tqsdk import models
from tqsdk import payload as payloads
from tqsdk.errors import ArgumentError, ServerError, refusal
from tqsdk.transport import Request, Response, merged

T = TypeVar("T")

ATTEMPT_HEADER = "X-TaskQueue-Attempt"

_JSON = {"Content-Type": "application/json"}

_to_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One call of one method, ready to be sent any number of times.

    Attributes:
        operation: The method's id: ``taskqueue.tasks.lease``.
        verb: The HTTP verb.
        path: Below the API's base path, percent-encoded, with the query.
        queue: The queue it is about.
        task: The name of the task it is about, if it is about one.
        body: The JSON object to send, if any.
        headers: What this call sends beside the client's own headers.
        read: Makes the result of the JSON object in a successful answer.
    """

    operation: str
    verb: str
    path: str
    queue: str
    task: str | None = None
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    read: Callable[[Mapping[str, Any]], T] = field(repr=False)

    @property
    def changes(self) -> bool:
        """Whether the server may be another after this call than before."""
        return self.verb != "GET"

    def request(self, endpoint: str, headers: Mapping[str, str]) -> Request:
        """The request for a server at *endpoint*, with the client's *headers*."""
        url = endpoint + contract.load("v1beta2").base_path + self.path
        if self.body is None:
            return Request(self.verb, url, merged(self.headers, headers))
        headers = merged({**_JSON, **self.headers}, headers)
        return Request(self.verb, url, headers, _to_json(self.body).encode())

    def result(self, response: Response) -> T:
        """What *response* means.

        Raises:
            ApiError: The server refused; or its answer is none of this API, which is a ServerError
                with the reason ``invalidResponse``.
        """
        if not 200 <= response.status < 300:
            raise refusal(self.operation, response, queue=self.queue, task=self.task)
        try:
            return self.read(_json_object(response.body))
        except ValueError as error:
            raise ServerError(
                f"the answer is not one of this API ({error}); is the endpoint right?",
                operation=self.operation,
                queue=self.queue,
                task=self.task,
                status=response.status,
                reason="invalidResponse",
            ) from error


def get_queue(
    project: str, queue: str, *, stats: bool = False, attempt_id: str | None = None
) -> Call[models.QueueInfo]:
    """Describe a queue, with its statistics if *stats*.

    With *attempt_id*, an answer that has it too is one of a server that knows the header.
    """
    return _call(
        "taskqueue.taskqueues.get",
        {"project": project, "taskqueue": queue, "getStats": stats or None},
        lambda data: models.QueueInfo.from_api(data, project=project, queue=queue),
        attempt_id=attempt_id,
    )


def insert_task(
    project: str,
    queue: str,
    *,
    payload: bytes,
    name: str | None = None,
    tag: str | None = None,
    eta: int | None = None,
) -> Call[models.Task]:
    """Store one task.

    Args:
        project: With or without its partition.
        queue: The short name.
        payload: At most 1 MiB.
        name: Without one the server makes a name, and a repeated insert makes a second task.
        tag: At most 500 bytes of UTF-8.
        eta: When it may first be leased, in microseconds since 1970; absent for at once.
    """
    encoded = payloads.encode(payload)
    body = {
        "queueName": queue,
        "payloadBase64": encoded,
        "id": name,
        "tag": tag,
        "leaseTimestamp": eta,
    }
    return _call(
        "taskqueue.tasks.insert",
        {"project": project, "taskqueue": queue},
        lambda data: models.inserted(data, payload, encoded, project=project, queue=queue),
        task=name,
        body=body,
    )


def lease_tasks(
    project: str,
    queue: str,
    *,
    max_tasks: int,
    seconds: int,
    tag: str | None = None,
    group_by_tag: bool = False,
    attempt_id: str | None = None,
) -> Call[list[models.Task]]:
    """Lease the oldest available tasks.

    Args:
        project: With or without its partition.
        queue: The short name.
        max_tasks: 1 to 1000.
        seconds: 0 to 604800.
        tag: Only tasks that have it; implies *group_by_tag*, which the API demands.
        group_by_tag: Without *tag*: only tasks of one tag, that of the oldest.
        attempt_id: The same for each sending of one lease, so that a server which knows the header
            can answer a repetition with the tasks that it gave before.
    """
    return _call(
        "taskqueue.tasks.lease",
        {
            "project": project,
            "taskqueue": queue,
            "numTasks": max_tasks,
            "leaseSecs": seconds,
            "groupByTag": tag is not None or group_by_tag or None,
            "tag": tag,
        },
        lambda data: [
            models.Task.from_api(item, project=project, queue=queue)
            for item in models.task_items("Tasks", data)
        ],
        attempt_id=attempt_id,
    )


def list_tasks(project: str, queue: str) -> Call[list[models.TaskSummary]]:
    """The first 100 tasks, leased or not; there are no further pages."""
    return _call(
        "taskqueue.tasks.list",
        {"project": project, "taskqueue": queue},
        lambda data: [
            models.TaskSummary.from_api(item, project=project, queue=queue)
            for item in models.task_items("Tasks2", data)
        ],
    )


def get_task(project: str, queue: str, task: str) -> Call[models.Task]:
    """One task, with its payload; this does not lease it."""
    return _call(
        "taskqueue.tasks.get",
        {"project": project, "taskqueue": queue, "task": task},
        lambda data: models.Task.from_api(data, project=project, queue=queue),
        task=task,
    )


def delete_task(project: str, queue: str, task: str) -> Call[None]:
    """Delete a task, whoever leases it; its name stays blocked for days."""
    return _call(
        "taskqueue.tasks.delete",
        {"project": project, "taskqueue": queue, "task": task},
        lambda data: None,
        task=task,
    )


def update_task(
    project: str,
    queue: str,
    task: str,
    *,
    seconds: int,
    lease_token: int,
    retry_count: int | None = None,
) -> Call[models.TaskSummary]:
    """Let a lease end *seconds* from now; 0 ends it.

    Args:
        project: With or without its partition.
        queue: The short name: the long one, which the server itself sends, is refused.
        task: Leased, and its lease still running.
        seconds: 0 to 604800.
        lease_token: What the lease, or its last renewal, returned.
        retry_count: Likewise; servers that check it tell leases apart which end at one instant.
    """
    return _modify(
        "taskqueue.tasks.update",
        project,
        queue,
        task,
        seconds,
        {"leaseTimestamp": lease_token, "retry_count": retry_count},
    )


def patch_task(
    project: str,
    queue: str,
    task: str,
    *,
    seconds: int,
    lease_token: int | None = None,
    retry_count: int | None = None,
) -> Call[models.TaskSummary]:
    """As ``update_task``; but without a token it prolongs any lease, also one of somebody else."""
    return _modify(
        "taskqueue.tasks.patch",
        project,
        queue,
        task,
        seconds,
        {"leaseTimestamp": lease_token, "retry_count": retry_count},
    )


def by_name(
    operation: str, arguments: Mapping[str, object], body: Mapping[str, Any] | None = None
) -> Call[Mapping[str, Any]]:
    """Any method of the contract; its result is the JSON object that came, empty if none did.

    Args:
        operation: The method's id.
        arguments: By their wire names, those of every method (``fields``) included.
        body: Likewise; integers are ``int``, whatever their format.
    """
    task = arguments.get("task")
    return _call(
        operation,
        arguments,
        lambda data: data,
        task=task if isinstance(task, str) else None,
        body=body,
    )


def _modify(
    operation: str,
    project: str,
    queue: str,
    task: str,
    seconds: int,
    lease: Mapping[str, Any],
) -> Call[models.TaskSummary]:
    return _call(
        operation,
        {"project": project, "taskqueue": queue, "task": task, "newLeaseSeconds": seconds},
        lambda data: models.TaskSummary.from_api(data, project=project, queue=queue),
        task=task,
        body={"id": task, "queueName": queue, **lease},
    )


def _call(
    operation: str,
    arguments: Mapping[str, object],
    read: Callable[[Mapping[str, Any]], T],
    *,
    task: str | None = None,
    body: Mapping[str, Any] | None = None,
    attempt_id: str | None = None,
) -> Call[T]:
    """Put *arguments*, by their wire names, where the contract wants them; None means absent."""
    of = contract.load("v1beta2")
    method = of.methods[operation]
    parameters = {
        name: method.parameters.get(name) or of.parameters[name]
        for name, value in arguments.items()
        if value is not None
    }
    given = {name: _spelled(each, arguments[name]) for name, each in parameters.items()}
    return Call(
        operation=operation,
        verb=method.verb,
        path=_path(operation, **given),
        queue=str(arguments["taskqueue"]),
        task=task,
        body=None if body is None else models.spell(method.request or "", body),
        headers={ATTEMPT_HEADER: attempt_id} if attempt_id else {},
        read=read,
    )


@lru_cache(maxsize=1024)  # most programs make the same few calls again and again
def _path(operation: str, **given: str) -> str:
    method = contract.load("v1beta2").methods[operation]
    own = method.parameters
    in_path = {name for name in given if name in own and own[name].location == "path"}
    path = method.path.format_map({name: _segment(name, given[name]) for name in in_path})
    query = urlencode(
        {name: text for name, text in given.items() if name not in in_path}, quote_via=quote
    )
    return f"{path}?{query}" if query else path


def _spelled(parameter: contract.Parameter, value: object) -> str:
    try:
        return formats.to_query(parameter, value)
    except formats.FormatError as error:
        raise ArgumentError(parameter.name, f"cannot be sent: {error}") from error


def _segment(name: str, text: str) -> str:
    # Dots alone would be taken for a way up the path, by libraries and proxies on the way.
    if text in ("", ".", ".."):
        raise ArgumentError(name, f"cannot be {text!r}")
    return quote(text, safe="")


def _json_object(body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    try:
        data = json.loads(body.decode())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(data, dict):
        raise ValueError("it is not a JSON object")
    return cast(dict[str, Any], data)
