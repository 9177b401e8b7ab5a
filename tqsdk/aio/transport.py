"""The seam below AsyncClient: as ``tqsdk.transport``, but sending lets others run."""

from __future__ import annotations

from typing import Protocol

from tqsdk.transport import Request, Response, Timeout


class AsyncTransport(Protocol):
    """Carries one request to a server, from any task of one event loop."""

    async def send(self, request: Request, timeout: Timeout) -> Response:
        """Send *request* once and return the answer, whatever its status.

        A connection on which it is cancelled carries no further request.

        Raises:
            ConnectError: The request was not sent: the server has certainly not seen it.
            RequestTimeoutError: No answer in time; the server may have done what was asked.
            AmbiguousResultError: The answer was lost; likewise.
        """
        ...
