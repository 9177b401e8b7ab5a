"""A transport through what programs pass as ``http=``: ``httplib2.Http``, or one that mimics it.

That may add credentials of its own, or be googleapiclient's ``HttpMock``. Its timeouts are those it
was made with. And httplib2 sends a request once more, whatever it is, if the connection is closed
instead of an answer: then a delete or a renewal that was done can look as if it were refused.
"""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from typing import Any

from tqsdk.errors import AmbiguousResultError, ConnectError, RequestTimeoutError
from tqsdk.transport import Request, Response, Timeout

_not_sent: tuple[type[Exception], ...] = (ConnectionRefusedError, socket.gaierror)
_lost: tuple[type[Exception], ...] = (OSError, http.client.HTTPException)

with suppress(ImportError):  # then no Http is of it
    import httplib2  # type: ignore[import-untyped]  # has no types

    _not_sent += (httplib2.ServerNotFoundError,)
    _lost += (httplib2.HttpLib2Error,)


class HttpTransport:
    """Sends through *http*."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def send(self, request: Request, timeout: Timeout) -> Response:
        """Send *request*; see ``Transport``."""
        try:
            answer, content = self._http.request(
                request.url,
                method=request.method,
                body=request.body,
                headers={**request.headers},
            )
        except _not_sent as error:
            raise ConnectError(f"could not connect: {error}") from error
        except TimeoutError as error:
            raise RequestTimeoutError("no answer in time") from error
        except _lost as error:
            raise AmbiguousResultError(f"the answer was lost: {error}") from error
        return Response(int(answer.status), dict(answer), content)
