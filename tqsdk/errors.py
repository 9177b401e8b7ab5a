"""Every error the SDK raises, and the one table that reads a server's refusal as one of them.

    TaskQueueError
    ├── ConfigError                  no server, no project, or a setting that makes no sense
    ├── CredentialsError             no access token could be had; nothing was sent
    ├── ArgumentError                refused here, nothing sent (a ValueError too)
    ├── PayloadDecodeError           a payload is not what was expected (a ValueError too)
    ├── DeadlineExceededError        the time for all attempts is used up
    ├── BulkInterruptedError         insert_many or delete_many stopped before its end
    ├── TransportError
    │   ├── ConnectError             not sent: the server never saw the request
    │   └── AmbiguousResultError     sent, but whether it was done is unknown
    │       └── RequestTimeoutError  ... because no answer came in time
    └── ApiError                     the server refused
        ├── InvalidArgumentError
        ├── UnauthenticatedError
        ├── PermissionDeniedError
        ├── NotFoundError
        │   ├── QueueNotFoundError
        │   └── TaskNotFoundError
        ├── TaskExistsError
        │   └── TaskTombstonedError
        ├── LeaseLostError
        ├── PayloadTooLargeError
        ├── RateLimitedError
        └── ServerError

A class says what happened, never which status said so: this API answers 400 for a name in use, a
name unknown and a lease lost. All errors can be pickled and copied. No message contains a token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, Unpack

from tqsdk import names
from tqsdk.transport import Response

if TYPE_CHECKING:
    from tqsdk.bulk import DeleteReport, InsertReport


class Facts(TypedDict, total=False):
    """What every error may be told beside its message; the attributes of the same names."""

    operation: str | None
    queue: str | None
    task: str | None
    attempts: int
    elapsed: float
    ambiguous: bool


class ApiFacts(Facts, total=False):
    """What a refusal may be told as well."""

    status: int
    reason: str | None
    code: str | None
    request_id: str | None
    retry_after: float | None


class TaskQueueError(Exception):
    """Whatever goes wrong in this SDK.

    Attributes:
        message: What happened, without advice and without the place.
        operation: The method called, as the API names it: ``taskqueue.tasks.lease``.
        queue: The queue it was called on.
        task: The name of the task it was about; of an insert, the generated one too.
        attempts: How often a request was sent.
        elapsed: Seconds from the first attempt until this error was certain.
        ambiguous: Whether an attempt may have been carried out all the same, be it an earlier one
            than that which this error is of.
    """

    advice: ClassVar[str] = ""
    operation: str | None = None
    queue: str | None = None
    task: str | None = None
    attempts: int = 0
    elapsed: float = 0.0
    ambiguous: bool = False

    def __init__(self, message: str = "", **facts: Unpack[Facts]) -> None:
        super().__init__(message)  # the message is pickled as the argument, all else as attributes
        self.message = message
        vars(self).update(facts)

    def __str__(self) -> str:
        place = [
            (self.operation or "").removeprefix("taskqueue."),
            f"queue {self.queue!r}" if self.queue else "",
            f"task {self.task!r}" if self.task else "",
        ]
        text = ", ".join(filter(None, place))
        text = f"{text}: {self._summary()}" if text else self._summary()
        if self.attempts > 1:
            unsure = ", one of which may have been carried out" if self.ambiguous else ""
            text += f" ({self.attempts} attempts in {self.elapsed:.1f} s{unsure})"
        return f"{text}; {self.advice}" if self.advice else text

    def _summary(self) -> str:
        return self.message


class ConfigError(TaskQueueError):
    """The client cannot work as it is set up; the message says what to set."""


class CredentialsError(TaskQueueError):
    """No access token could be had; this attempt was not sent.

    Attributes:
        transient: Whether it may go better soon: who gives tokens could not be reached, or said so.
    """

    advice = "check the credentials, and that whoever gives their tokens can be reached"

    def __init__(
        self, message: str = "", *, transient: bool = False, **facts: Unpack[Facts]
    ) -> None:
        super().__init__(message, **facts)
        self.transient = transient


class ArgumentError(TaskQueueError, ValueError):
    """An argument that the service does not take; nothing was sent.

    Attributes:
        argument: Its name.
    """

    def __init__(self, argument: str = "", problem: str = "") -> None:
        super().__init__(f"{argument} {problem}")
        self.args: tuple[str, str] = (argument, problem)
        self.argument = argument


class PayloadDecodeError(TaskQueueError, ValueError):
    """A payload is not what the queue's codec reads, or not even base64.

    The task is as it was before: if it is leased, it still is.
    """

    advice = "release the task for a worker that can read it, or delete it"


class DeadlineExceededError(TaskQueueError):
    """The ``deadline`` passed before an attempt succeeded; the cause is the last failure."""

    advice = "allow a longer deadline=, or see the cause"


class BulkInterruptedError(TaskQueueError):
    """Something that was done to many tasks stopped before its end; the cause says why.

    Attributes:
        report: What is known of those that came before; all of them have been tried.
    """

    advice = "see the cause, and the report for what was done before"

    def __init__(
        self,
        message: str = "",
        *,
        report: InsertReport | DeleteReport | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.report: InsertReport | DeleteReport | None = report


class TransportError(TaskQueueError):
    """No answer was received."""


class ConnectError(TransportError):
    """The request was not sent: no address, refused, timed out while connecting, or TLS failed."""

    advice = "check that the server runs and that the endpoint is right"


class AmbiguousResultError(TransportError):
    """The request was sent, and whether the server carried it out is unknown.

    A task inserted without a name may be stored; tasks leased may stay hidden until their lease
    runs out. The cause, if there is one, is what came instead of an answer.
    """

    advice = "it may have been done: look before you repeat it"


class RequestTimeoutError(AmbiguousResultError):
    """The server took the request and did not answer in time."""


class ApiError(TaskQueueError):
    """The server answered, and refused.

    Attributes:
        status: The HTTP status.
        reason: The word in the body, such as ``notFound``; None if the body is not the API's.
        code: The backend's name for it, from ``X-TaskQueue-Error``, which only some servers send.
        request_id: What the server calls this request in its log, if it says.
        retry_after: The server's wish, in seconds, before the next attempt.
    """

    advice = "check the endpoint: this is no answer of the API"
    status: int = 0
    reason: str | None = None
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None

    def __init__(self, message: str = "", **facts: Unpack[ApiFacts]) -> None:
        super().__init__(message)
        vars(self).update(facts)

    def _summary(self) -> str:
        request = self.request_id and f"request {self.request_id}"
        detail = ", ".join(filter(None, (self.reason, self.code, request)))
        text = f"{self.status} {self.message}" if self.status else self.message
        return f"{text} [{detail}]" if detail else text


class InvalidArgumentError(ApiError):
    """The server does not take an argument."""

    advice = "change the argument that the server names"


class UnauthenticatedError(ApiError):
    """No credentials, or bad ones."""

    advice = "pass a valid token=, or credentials= that get one"


class PermissionDeniedError(ApiError):
    """The credentials are known, and not allowed to do this."""

    advice = "ask for the right in the queue's acl: user_email to lease, writer_email to insert"


class NotFoundError(ApiError):
    """Nothing is at this address."""

    advice = "check the endpoint, the project and the names"


class QueueNotFoundError(NotFoundError):
    """The project has no such queue."""

    advice = "add it to the server's queue configuration, or check the project and the name"


class TaskNotFoundError(NotFoundError):
    """The queue has no such task: there never was one, or it is deleted."""

    advice = "it may be deleted already; missing_ok=True makes that no error of a delete"


class TaskExistsError(ApiError):
    """The name is taken."""

    advice = "choose another name, or get() the task that has it"


class TaskTombstonedError(TaskExistsError):
    """The name belonged to a task deleted not long ago, and cannot be used yet.

    If it is ``ambiguous``, that task may have been this one: stored by an attempt whose answer was
    lost, then leased and deleted by someone.
    """

    advice = "choose another name: this one stays blocked for days"


class LeaseLostError(ApiError):
    """The lease is over: it ran out, somebody else has the task now, or the task is deleted."""

    advice = "stop the work on this task, or expect that it is done twice"


class PayloadTooLargeError(ApiError):
    """The task is larger than the server stores."""

    advice = "keep the data elsewhere and queue a reference to it"


class RateLimitedError(ApiError):
    """Too many requests."""

    advice = "wait for retry_after, or send less"


class ServerError(ApiError):
    """The server failed, or answered what is no answer of this API (``invalidResponse``)."""

    advice = "look into the server's log, or try again later"


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table: all that is given must hold.

    Attributes:
        code: The header's value; None for servers that send none; ``*`` for any, or none.
        operations: Those it holds for, by the last word of their id; empty for all.
        text: Part of the message, in lower case.
        named: The request must have carried a well-formed task name.
    """

    error: type[ApiError]
    code: str | None = "*"
    operations: str = ""
    status: int | None = None
    reason: str | None = None
    text: str = ""
    named: bool = False


_ALTER = "update patch"  # both move a lease
_LOOK = "delete get"

# The first row that fits decides. A header code says most and is asked first; texts are read only
# where there is none, and are those that production and its re-implementations were seen to send.
_TABLE = (
    _Row(TaskExistsError, "TASK_ALREADY_EXISTS"),
    _Row(TaskTombstonedError, "TOMBSTONED_TASK", "insert"),
    _Row(LeaseLostError, "TOMBSTONED_TASK", _ALTER),
    _Row(TaskNotFoundError, "TOMBSTONED_TASK"),
    _Row(LeaseLostError, "UNKNOWN_TASK", _ALTER),
    _Row(TaskNotFoundError, "UNKNOWN_TASK"),
    _Row(LeaseLostError, "TASK_LEASE_EXPIRED"),
    _Row(QueueNotFoundError, "UNKNOWN_QUEUE"),
    _Row(QueueNotFoundError, "TOMBSTONED_QUEUE"),
    _Row(PayloadTooLargeError, "TASK_TOO_LARGE"),
    _Row(PermissionDeniedError, "PERMISSION_DENIED"),
    # One text for "taken", "unknown" and "badly spelled": the operation tells which it is.
    _Row(TaskExistsError, None, "insert", text="task name is invalid", named=True),
    _Row(TaskExistsError, None, "insert", 409, named=True),
    _Row(TaskNotFoundError, None, _LOOK, text="task name is invalid", named=True),
    _Row(LeaseLostError, None, _ALTER, text="task name is invalid", named=True),
    _Row(LeaseLostError, None, text="task lease has expired"),
    _Row(LeaseLostError, None, _ALTER, text="task name does not exist"),
    _Row(TaskNotFoundError, None, _LOOK, text="task name does not exist"),
    _Row(TaskNotFoundError, None, _LOOK, text="task not found"),
    _Row(QueueNotFoundError, None, status=404, text="queue not found"),
    _Row(PayloadTooLargeError, None, text="task size too large"),
    _Row(RateLimitedError, status=403, reason="rateLimitExceeded"),
    _Row(RateLimitedError, status=403, reason="userRateLimitExceeded"),
    _Row(RateLimitedError, status=403, reason="dailyLimitExceeded"),
    _Row(RateLimitedError, status=403, reason="quotaExceeded"),
    _Row(InvalidArgumentError, status=400),
    _Row(UnauthenticatedError, status=401),
    _Row(PermissionDeniedError, status=403),
    _Row(NotFoundError, status=404),
    _Row(PayloadTooLargeError, status=413),
    _Row(RateLimitedError, status=429),
)


def refusal(operation: str, response: Response, *, queue: str, task: str | None) -> ApiError:
    """The error that *response*, whose status is no success, means for *operation*.

    ``retry_after`` is not set: a date needs to know what time it is (see ``retry.wish``).
    """
    reason, message = _reason_and_message(response)
    code = response.header("X-TaskQueue-Error")
    method = operation.removeprefix("taskqueue.tasks.")
    named = task is not None and names.is_task_name(task)
    fitting = (
        row.error
        for row in _TABLE
        if row.code in ("*", code)
        and (not row.operations or method in row.operations.split())
        and row.status in (None, response.status)
        and row.reason in (None, reason)
        and row.text in message.lower()
        and (named or not row.named)
    )
    error = next(fitting, ServerError if response.status >= 500 else ApiError)
    return error(
        message,
        operation=operation,
        queue=queue,
        task=task,
        status=response.status,
        reason=reason,
        code=code,
        request_id=response.header("X-Request-Id"),
    )


def _reason_and_message(response: Response) -> tuple[str | None, str]:
    """What Google's envelope says; of any other body, its beginning."""
    try:
        error = json.loads(response.body)["error"]
        message = error["message"]
        details: Any = error.get("errors") or [{}]
        reason = details[0].get("reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        text = " ".join(response.body[:200].decode("utf-8", "replace").split())
        return None, text or "(empty answer)"
    return reason if isinstance(reason, str) else None, str(message)
