"""The errors of ``googleapiclient.errors`` that calls of this API raise.

Where google-api-python-client is installed these are its own classes, so that ``except`` clauses
which name those go on working; else they are classes of the same shape.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

__all__ = ["BatchError", "Error", "HttpError", "Resp", "UnknownApiNameOrVersion"]


class Resp(dict[str, str]):
    """The status and headers of an answer, as httplib2 shows them: names in lower case.

    Attributes:
        status: The HTTP status.
        reason: What HTTP calls it.
    """

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})
        self["status"] = str(status)
        self.status = status
        self.reason: str = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""

    def __reduce__(self) -> tuple[type[Resp], tuple[int, dict[str, str]]]:
        return type(self), (self.status, dict(self))


class Error(Exception):
    """Whatever is an error of this API's client."""


class HttpError(Error):
    """The server refused.

    Attributes:
        resp: The answer's status and headers.
        content: Its body.
        uri: What was asked for.
        reason: What the body says happened; else what HTTP calls the status.
        error_details: Google's list of details in the body, or the body itself if it is no JSON.
    """

    reason: str
    error_details: Any

    def __init__(self, resp: Any, content: bytes, uri: str | None = None) -> None:
        super().__init__(resp, content, uri)
        self.resp = resp
        self.content = content
        self.uri = uri
        self.reason, self.error_details = _reason_and_details(resp, content)

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        status: int = self.resp.status
        return status

    def __str__(self) -> str:
        text = f"HttpError {self.resp.status}"
        text += f' when requesting {self.uri} returned "{self.reason}"' if self.uri else ""
        text += f'. Details: "{self.error_details}"' if self.error_details else ""
        return f"<{text}>"

    def __repr__(self) -> str:
        return str(self)


class BatchError(HttpError):
    """A batch cannot be made."""

    def __init__(self, reason: str, resp: Any = None, content: Any = None) -> None:
        Exception.__init__(self, reason, resp, content)
        self.reason = reason
        self.resp = resp
        self.content = content

    def __str__(self) -> str:
        return f'<BatchError "{self.reason}">'


class UnknownApiNameOrVersion(Error):
    """There is no such API here."""


def _reason_and_details(resp: Any, content: bytes) -> tuple[str, Any]:
    text = content.decode("utf-8", "replace")
    try:
        error = json.loads(text)["error"]
        reason = str(error["message"]).strip()
    except ValueError:
        return resp.reason, text
    except (LookupError, TypeError):
        return resp.reason, ""
    members = ("detail", "details", "errors", "message")
    return reason, next(error[name] for name in members if name in error)


if not TYPE_CHECKING:
    with suppress(ImportError):
        from googleapiclient.errors import BatchError, Error, HttpError, UnknownApiNameOrVersion
