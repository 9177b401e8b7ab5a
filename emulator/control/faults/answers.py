"""What Google's services answered with each status: the reason, and the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.engine.errors import Code
from emulator.rest import errors
from emulator.rest.errors import WireError
from emulator.rest.messages import phrase

# The reasons of the domain "global", as several of Google's API references list them. Other
# statuses were never sent by these services, but by what stood in front of them.
_REASONS = {
    400: "badRequest",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    405: "httpMethodNotAllowed",
    409: "conflict",
    410: "deleted",
    412: "conditionNotMet",
    413: "uploadTooLarge",
    416: "requestedRangeNotSatisfiable",
    417: "expectationFailed",
    428: "preconditionRequired",
    429: "rateLimitExceeded",
    500: "internalError",
    501: "notImplemented",
}
_MESSAGES = {
    401: "Invalid Credentials",
    429: "Rate Limit Exceeded",
    500: "Internal Error",
    503: "Backend Error",
}


def answer_of(given: Mapping[str, Any], *, undone: bool) -> WireError | None:
    """The error that a rule answers with; None where it has no status.

    Args:
        given: The members of the rule.
        undone: Whether nothing is done. A 503 says so then as that of an overloaded server does,
            because it is true; after the work no answer may say so (RULINGS 21).
    """
    if "status" not in given:
        return None
    status: int = given["status"]
    usual = "badRequest" if status < 500 else "backendError"
    wait = given.get("retryAfterSeconds")
    return WireError(
        status,
        given.get("reason", _REASONS.get(status, usual)),
        given.get("message", _MESSAGES.get(status, phrase(status))),
        code=Code.TRANSIENT_ERROR if undone and status == 503 else None,
        headers=(
            *(errors.invalid_credentials().headers if status == 401 else ()),
            *((("retry-after", str(wait)),) if wait is not None else ()),
        ),
    )
