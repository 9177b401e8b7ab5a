"""Web pages as clients, where the server was told which (``--cors``)."""

from __future__ import annotations

from emulator.rest.messages import Headers, Request, Response

# What a page may read beside the body; the code is ours, the rest are the API's.
_EXPOSED = "ETag, Retry-After, WWW-Authenticate, X-TaskQueue-Error, X-TaskQueue-Attempt"
_REMEMBERED_SECONDS = "3600"


class Cors:
    """Cross-origin answers for the pages of some origins."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)

    def allow(self, request: Request, response: Response) -> Response:
        """*response*, readable by the page that caused *request* if its origin is listed."""
        origin = request.headers.get("origin")
        if origin is None or not self._origins & {origin, "*"}:
            return response
        headers: Headers = (
            ("access-control-allow-origin", origin),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", _EXPOSED),
        )
        return Response(
            response.status,
            (*response.headers, *headers, *_preflight(request, response)),
            response.body,
        )


def _preflight(request: Request, response: Response) -> Headers:
    """The answer to a browser's question whether it may send the request it has in mind."""
    if request.verb != "OPTIONS" or request.headers.get("access-control-request-method") is None:
        return ()
    verbs = dict(response.headers).get("allow", "")
    asked = request.headers.get("access-control-request-headers")
    return (
        ("access-control-allow-methods", verbs),
        *((("access-control-allow-headers", asked),) if asked else ()),
        ("access-control-max-age", _REMEMBERED_SECONDS),
    )
