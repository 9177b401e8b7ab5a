"""A record as a task: a request with the payload as its body, and all else in its headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from google.cloud import tasks_v2

from tqsdk.migrate.moving.model import MoveError, Record

# X-CloudTasks-* is the service's own.
TAG = "X-Tq-Tag"  # percent-encoded: headers are ASCII
QUEUE = "X-Tq-Queue"
PROJECT = "X-Tq-Project"
ETA = "X-Tq-Eta"  # microseconds since 1970 UTC
ETA_GIVEN = "X-Tq-Eta-Given"
ENQUEUED = "X-Tq-Enqueued"  # microseconds since 1970 UTC
RETRY_COUNT = "X-Tq-Retry-Count"
CLAIM = "X-Tq-Payload"  # where the payload is, if it is not the body; percent-encoded

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

FARTHEST = timedelta(days=30)
_FIELD_BYTES = 8  # that a header has in a task beside its name and its value, at most
_TASK_BYTES = 200  # beside name, URL, headers and body


def headers(record: Record, claim: str | None) -> dict[str, str]:
    """What is known of a task beside its payload.

    Args:
        record: The task.
        claim: Where its payload is; None is in the body.
    """
    known = {
        TAG: quote(record.tag, safe="") or None,
        QUEUE: record.queue,
        PROJECT: record.project,
        ETA: record.eta,
        ETA_GIVEN: "yes" if record.eta_given else None,
        ENQUEUED: record.enqueued_at,
        RETRY_COUNT: record.retry_count,
        CLAIM: None if claim is None else quote(claim, safe=":/"),
    }
    made = {key: str(value) for key, value in known.items() if value is not None}
    return {"Content-Type": "application/octet-stream", **made}


def size(record: Record, *, queue: str, url: str) -> int:
    """How many bytes the task is, about, with its payload in it."""
    fields = headers(record, None)
    spelled = sum(len(key) + len(value) + _FIELD_BYTES for key, value in fields.items())
    return (
        len(queue) + len(record.name or "") + len(url) + spelled + len(record.payload) + _TASK_BYTES
    )


def task(
    record: Record, *, queue: str, url: str, account: str | None, claim: str | None, now: datetime
) -> Any:
    """What is created.

    Args:
        record: The task.
        queue: The full name of the queue.
        url: Where it is sent.
        account: As whom (OIDC); None is without a token.
        claim: Where its payload is; None is in the body.
        now: From when on it is due in any case.
    """
    request = tasks_v2.HttpRequest(
        url=url,
        http_method=tasks_v2.HttpMethod.POST,
        headers=headers(record, claim),
        body=record.payload if claim is None else b"",
    )
    if account is not None:
        request.oidc_token = tasks_v2.OidcToken(service_account_email=account)
    # Its own stubs would have a protobuf Timestamp, where proto-plus takes and gives a datetime.
    made: Any = tasks_v2.Task(name=f"{queue}/tasks/{record.name}", http_request=request)
    if record.eta is not None and instant(record.eta) > now:
        made.schedule_time = instant(record.eta)
    return made


def instant(microseconds: int) -> datetime:
    """Raises OverflowError for one beyond the year 9999."""
    return _EPOCH + microseconds * _MICROSECOND


def record(task: Any, *, project: str, queue: str, payload: bytes) -> Record:
    """A task that was listed, as a record.

    Args:
        task: As the service gives it.
        project: For a task that says none, since others have created it.
        queue: Likewise.
        payload: Its own, wherever that was.

    Raises:
        MoveError: What should be a number in it is none.
    """
    found: Mapping[str, str] = {
        key.lower(): value for key, value in task.http_request.headers.items()
    }

    def header(name: str) -> str | None:
        return found.get(name.lower())

    def number(name: str) -> int | None:
        text = header(name)
        return None if text is None else int(text)

    try:
        return Record(
            project=header(PROJECT) or project,
            queue=header(QUEUE) or queue,
            name=task.name.rpartition("/")[2],
            payload=payload,
            tag=unquote(header(TAG) or ""),
            eta=number(ETA),
            eta_given=header(ETA_GIVEN) == "yes",
            enqueued_at=number(ENQUEUED),
            retry_count=number(RETRY_COUNT) or 0,
        )
    except ValueError as error:
        raise MoveError(
            f"Cloud Tasks: the headers of {task.name} are none of ours: {error}"
        ) from error


def claim(task: Any) -> str | None:
    """Where a listed task's payload is; None is in it."""
    for key, value in task.http_request.headers.items():
        if key.lower() == CLAIM.lower():
            return unquote(value)
    return None
