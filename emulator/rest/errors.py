"""Every way to say no, in one place: statuses, reasons and texts (API.md section 8, RULINGS 12).

The texts are as far as they are known Google's; clients match some of them, so they are constants.
The engine's code goes out in a header beside the text, because one text stands for several codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.engine.errors import (
    AttemptReusedError,
    Code,
    EngineError,
    OutOfRangeError,
    OverloadedError,
    RefusedError,
    WrongTimeError,
)
from emulator.rest import choices
from emulator.rest.times import rfc3339

CODE_HEADER = "x-taskqueue-error"

_GET = "taskqueue.tasks.get"
_DELETE = "taskqueue.tasks.delete"
_INSERT = "taskqueue.tasks.insert"
_LOOK = "emulator.tasks.get"

_TASK_NAME_INVALID = "Task name is invalid."
_TASK_NAME_UNKNOWN = "Task name does not exist."
_LEASE_EXPIRED = "The task lease has expired."

_CHALLENGE = 'Bearer realm="https://accounts.google.com/"'

_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Location:
    """Where in the request the trouble is: ``parameter`` or ``header``, and its name."""

    type: str
    name: str


_AUTHORIZATION = Location("header", "Authorization")
_ATTEMPT = Location("header", "X-TaskQueue-Attempt")


class WireError(Exception):
    """A refusal as it goes out.

    Attributes:
        status: The HTTP status.
        reason: Google's word for the kind of trouble.
        message: The text.
        location: Where in the request, if it is one place.
        code: The engine's code; None where the engine was not asked.
        headers: What else the answer carries.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        location: Location | None = None,
        code: Code | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.location = location
        self.code = code
        self.headers = headers


def not_found() -> WireError:
    """No method has this path and verb."""
    return WireError(*choices.NO_SUCH_METHOD)


def login_required() -> WireError:
    """The server wants a token, and there is none."""
    return WireError(
        401,
        "required",
        "Login Required",
        location=_AUTHORIZATION,
        headers=(("www-authenticate", _CHALLENGE),),
    )


def invalid_credentials() -> WireError:
    """The token is unknown, expired, or of a kind that is not accepted."""
    return WireError(
        401,
        "authError",
        "Invalid Credentials",
        location=_AUTHORIZATION,
        headers=(("www-authenticate", f"{_CHALLENGE}, error=invalid_token"),),
    )


def insufficient_scope(scopes: tuple[str, ...]) -> WireError:
    """The token is good, but not for this method."""
    challenge = f'{_CHALLENGE}, error=insufficient_scope, scope="{" ".join(scopes)}"'
    return WireError(
        403,
        "insufficientPermissions",
        "Insufficient Permission",
        headers=(("www-authenticate", challenge),),
    )


def forbidden() -> WireError:
    """The queue's access list does not name the caller."""
    return WireError(*choices.FORBIDDEN, code=Code.PERMISSION_DENIED)


def forbidden_host(host: str) -> WireError:
    """An open server was addressed by a name that need not mean this machine."""
    return WireError(
        403,
        "forbidden",
        f"An open server does not answer to the host {host[:80]!a}: start it with"
        " --allowed-host for that name, or with --auth tokens.",
    )


def forbidden_origin(origin: str) -> WireError:
    """A web page of another origin called an open server."""
    return WireError(
        403,
        "forbidden",
        f"An open server does not answer pages of {origin[:80]!a}: start it with --cors for that"
        " origin, or with --auth tokens.",
    )


def control_from_afar(peer: str) -> WireError:
    """Another machine wants to control a server that has no control token."""
    return WireError(
        403,
        "forbidden",
        f"The control API does not answer {peer[:80]!a}, only this machine: start the server with"
        " --control-token, and send it as a bearer token.",
    )


def unknown_encoding(encoding: str) -> WireError:
    """The body has a Content-Encoding that we cannot undo."""
    return WireError(
        415,
        "unsupportedMediaType",
        f"Content-Encoding {encoding[:40]!a} is not supported: send gzip, or none.",
    )


def too_many_parts(most: int) -> WireError:
    """A batch has more parts than allowed."""
    return WireError(400, "invalid", f"The batch has more than the {most} parts allowed.")


def too_many_parameters(most: int) -> WireError:
    """The query has more parameters than any method could use."""
    return WireError(400, "invalidParameter", f"More than {most} parameters are given.")


def unknown_parameter(name: str) -> WireError:
    """A parameter that nobody knows, in a request that asked for strictness."""
    return invalid_parameter(name, f"Unknown parameter: {name[:80]}")


def invalid_callback(name: str) -> WireError:
    """The JSON-P callback is no JavaScript name."""
    return invalid_parameter("callback", f"Invalid callback name: {name[:80]!a}.")


def parse_error() -> WireError:
    """The request is not HTTP, or the body is not what its type says it is."""
    return WireError(400, "parseError", "Parse Error")


def body_too_large(most: int) -> WireError:
    """The body is over the server's cap, in bytes."""
    return WireError(
        413, "uploadTooLarge", f"The request body is larger than the {most} bytes allowed."
    )


def target_too_long() -> WireError:
    """The URL is over the server's cap."""
    return WireError(414, "uriTooLong", "The requested URL is too long.")


def head_too_large() -> WireError:
    """The headers are over the server's cap."""
    return WireError(431, "headersTooLarge", "The headers of the request are too large.")


def body_required() -> WireError:
    """The method needs a body, and there is none."""
    return WireError(400, "required", "Required")


def unexpected_body() -> WireError:
    """Something was sent in the body that the method would not read, and its caller relies on."""
    return WireError(
        400, "invalid", "The method reads no body: give its parameters in the query of the URL."
    )


def member_required(name: str) -> WireError:
    """The body lacks a member that the method needs."""
    return WireError(400, "required", f"Required: {name}")


def invalid_member(name: str, why: str) -> WireError:
    """A member of the body has the wrong type, or a value that its type does not allow."""
    return WireError(400, "invalid", f"Invalid value for: {name}. {why}")


def unknown_member(name: str, known: Sequence[str]) -> WireError:
    """A body of our own API has a member that it cannot have: a mistake, which would be silent."""
    return invalid_member(name[:80], f"There is no such member: use {', '.join(known)}.")


def unknown_fault(id: str) -> WireError:
    """There is no fault of this id, or no more."""
    return WireError(404, "notFound", f"There is no fault {id[:80]!a}.")


def unknown_preset(name: str, known: Sequence[str]) -> WireError:
    """There is no preset of faults with this name."""
    return WireError(404, "notFound", f"There is no preset {name[:80]!a}: use {', '.join(known)}.")


def unusable_text(where: str) -> WireError:
    """A string holds NUL, or bytes or escapes that are not Unicode text."""
    return WireError(
        400, "invalid", f"Invalid value for: {where}. NUL and lone surrogates are not allowed."
    )


def parameter_required(name: str) -> WireError:
    """A parameter that the method needs is missing."""
    return WireError(
        400, "required", f"Required parameter: {name}", location=Location("parameter", name)
    )


def invalid_parameter(name: str, message: str) -> WireError:
    """A parameter has a value that it cannot have."""
    return WireError(400, "invalidParameter", message, location=Location("parameter", name))


def out_of_range(
    name: str, value: float, *, low: float, high: float, code: Code | None = None
) -> WireError:
    """A parameter is a number that is too small or too large."""
    return WireError(
        400,
        "invalidParameter",
        f"Invalid value '{value}'. Values must be within the range: [{low}, {high}]",
        location=Location("parameter", name),
        code=code,
    )


def invalid_page_token(token: str) -> WireError:
    """A page token that no page was answered with."""
    return invalid_parameter(
        "pageToken", f"Invalid page token {token[:80]!a}: use the nextPageToken of another page."
    )


def queue_without_project() -> WireError:
    """A queue is given, and queues of many projects may have its name."""
    return WireError(
        400,
        "required",
        "Required parameter: project, since there is a queue given.",
        location=Location("parameter", "project"),
    )


def invalid_time(name: str, text: str) -> WireError:
    """A parameter that is an instant is spelled in none of the two ways."""
    return invalid_parameter(
        name,
        f"Invalid time {text[:80]!a}: use RFC 3339, such as 2027-01-15T08:00:00Z (a + in it must be"
        " sent as %2B), or microseconds since 1970.",
    )


def invalid_snapshot_name(name: str) -> WireError:
    """No snapshot can have this name."""
    return WireError(
        400,
        "invalid",
        f"Snapshot name {name[:80]!a} is invalid: it is 1 to 100 letters, digits, dots, hyphens or"
        " underscores.",
    )


def no_such_snapshot(name: str) -> WireError:
    """No snapshot has this name."""
    return WireError(404, "notFound", f"There is no snapshot {name!a}.")


def broken_export(why: str) -> WireError:
    """What is to be imported is no export, or not a whole one; nothing was changed."""
    return WireError(400, "invalid", f"The export cannot be used: {why}.")


def invalid_selection(selection: str) -> WireError:
    """The ``fields`` parameter is malformed, or selects what is not there."""
    return invalid_parameter("fields", f"Invalid field selection {selection}")


def repeated_parameter(name: str) -> WireError:
    """A parameter is given twice; guessing which is meant would hide a mistake."""
    return invalid_parameter(name, f"Parameter {name} is repeated; give it once.")


def invalid_project(project: str) -> WireError:
    """No project can have this id."""
    return WireError(
        400,
        "invalid",
        f"Project id {project[:80]!a} is invalid: it is 1 to 100 lower-case letters, digits,"
        " hyphens, dots or colons, after an optional letter and '~'.",
    )


def bare_project() -> WireError:
    """A write names its project without a partition, which ``strict`` limits refuse."""
    return WireError(
        403,
        "forbidden",
        f"{choices.FORBIDDEN[2]}: under --limits strict, insert and delete need the project with"
        " its partition, such as s~my-app",
        code=Code.PERMISSION_DENIED,
    )


def invalid_attempt(id: str) -> WireError:
    """The id of an attempt has characters that none can have, or too many of them."""
    return WireError(
        400,
        "invalid",
        f"X-TaskQueue-Attempt {id[:80]!a} is invalid: it is 1 to 128 letters, digits, underscores"
        " or hyphens.",
        location=_ATTEMPT,
        code=Code.INVALID_REQUEST,
    )


def invalid_payload(*, standard_alphabet: bool) -> WireError:
    """The payload is not base64 of the URL-safe alphabet."""
    hint = ""
    if standard_alphabet:
        hint = (
            " It must use the URL-safe alphabet ('-' and '_') and no line breaks;"
            " a server started with --limits relaxed accepts '+', '/' and line breaks too."
        )
    return WireError(
        400, "invalid", f"Invalid payloadBase64 value.{hint}", code=Code.INVALID_PAYLOAD
    )


def invalid_queue_name_member() -> WireError:
    """The body's queueName is missing, or not in the form that the method takes."""
    return WireError(400, "invalid", "queueName is invalid.", code=Code.INVALID_REQUEST)


def changed_member(name: str) -> WireError:
    """The body has another id or queueName than the task, and neither can be changed."""
    return WireError(400, "invalid", f"{name} cannot be updated.", code=Code.INVALID_REQUEST)


def no_such_entry(sequence: str, kept: tuple[int, int] | None) -> WireError:
    """The journal has no entry with this number; *kept* are the first and the last it has."""
    has = "is empty" if kept is None else f"has {kept[0]} to {kept[1]}"
    return WireError(404, "notFound", f"There is no entry {sequence[:80]!a}: the journal {has}.")


def invalid_event_id(id: str) -> WireError:
    """What a client says that it has heard of the journal last is no number of an entry."""
    return WireError(
        400,
        "invalid",
        f"Last-Event-ID {id[:80]!a} is invalid: it is the id of an event of this stream.",
        location=Location("header", "Last-Event-ID"),
    )


def unavailable() -> WireError:
    """The store failed."""
    return WireError(503, "backendError", "Backend Error")


def overloaded() -> WireError:
    """Too much is waiting. The code promises that nothing was done, so all may be repeated."""
    return WireError(
        503,
        "backendError",
        "Backend Error",
        code=Code.TRANSIENT_ERROR,
        headers=(("retry-after", "1"),),
    )


def internal() -> WireError:
    """Something failed that nobody foresaw; the server's log has it."""
    return WireError(500, "internalError", "Internal Error")


def refusal(error: EngineError, method: str) -> WireError:
    """Translate what the engine or the store said, for the method with this id."""
    if isinstance(error, OutOfRangeError):
        return _out_of_range(error, method)
    if isinstance(error, AttemptReusedError):
        return _reused_attempt(error)
    if isinstance(error, WrongTimeError):
        return _wrong_time(error, method)
    if isinstance(error, RefusedError):
        status, reason, message = _TABLE.get((error.code, method)) or _TABLE[error.code, None]
        return WireError(status, reason, message, code=error.code)
    if isinstance(error, OverloadedError):
        return overloaded()
    return unavailable()


def _reused_attempt(error: AttemptReusedError) -> WireError:
    return WireError(
        400,
        "invalid",
        f"X-TaskQueue-Attempt {error.id} came with another lease call, whose lease has not ended:"
        " give each call an id of its own, and repeat it with all its parameters.",
        location=_ATTEMPT,
        code=error.code,
    )


def _wrong_time(error: WrongTimeError, method: str) -> WireError:
    if error.asked < error.now:
        message = f"The clock never goes back: it is {rfc3339(error.now)} already."
    else:
        message = f"The clock ends at {rfc3339(error.latest)}: it is {rfc3339(error.now)} now."
    return WireError(
        400,
        "invalidParameter",
        message,
        location=Location("parameter", _PARAMETERS["time", method]),
        code=error.code,
    )


def _out_of_range(error: OutOfRangeError, method: str) -> WireError:
    name = _PARAMETERS[error.argument, method]
    high = _INT32_MAX if error.high is None else error.high
    return out_of_range(name, error.value, low=error.low, high=high, code=error.code)


_PARAMETERS = {
    ("count", "taskqueue.tasks.lease"): "numTasks",
    ("seconds", "taskqueue.tasks.lease"): "leaseSecs",
    ("seconds", "taskqueue.tasks.update"): "newLeaseSeconds",
    ("seconds", "taskqueue.tasks.patch"): "newLeaseSeconds",
    ("time", "emulator.clock.advance"): "seconds",
    ("time", "emulator.clock.set"): "time",
}

# By code, or by code and method where the method has words of its own for it.
_TABLE: dict[tuple[Code, str | None], tuple[int, str, str]] = {
    (Code.UNKNOWN_QUEUE, None): (404, "notFound", "Queue not found."),
    (Code.INVALID_QUEUE_NAME, None): (400, "invalid", "Queue name is invalid."),
    (Code.INVALID_QUEUE_MODE, None): (
        400,
        "invalid",
        "The REST API is only applicable to pull queues.",
    ),
    (Code.QUEUE_PAUSED, None): (400, "invalid", "The queue is paused."),
    (Code.INVALID_TASK_NAME, None): (400, "invalid", _TASK_NAME_INVALID),
    (Code.TASK_ALREADY_EXISTS, None): (choices.TAKEN_NAME_STATUS, "invalid", _TASK_NAME_INVALID),
    (Code.TOMBSTONED_TASK, None): (400, "invalid", _TASK_NAME_INVALID),
    (Code.TOMBSTONED_TASK, _INSERT): (choices.TAKEN_NAME_STATUS, "invalid", _TASK_NAME_INVALID),
    # An update of a task that never was is told that its lease has expired (trace T3).
    (Code.UNKNOWN_TASK, None): (400, "invalid", _LEASE_EXPIRED),
    (Code.UNKNOWN_TASK, _DELETE): (400, "invalid", _TASK_NAME_INVALID),
    (Code.UNKNOWN_TASK, _GET): (*choices.UNKNOWN_TASK, _TASK_NAME_UNKNOWN),
    (Code.UNKNOWN_TASK, _LOOK): (404, "notFound", _TASK_NAME_UNKNOWN),
    (Code.TASK_LEASE_EXPIRED, None): (400, "invalid", _LEASE_EXPIRED),
    (Code.TASK_TOO_LARGE, None): (400, "invalid", "Task size too large."),
    (Code.INVALID_ETA, None): (400, "invalid", "Task ETA is invalid."),
    (Code.INVALID_TAG, None): (400, "invalid", "Tag is invalid."),
    (Code.INVALID_REQUEST, None): (400, "invalid", "Tag specified, but groupByTag was not."),
}
