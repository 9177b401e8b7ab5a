"""``X-TaskQueue-Attempt``: a caller's id for a call, by which its repetition is known.

Every answer of a method says it back, whatever the method and however it ends: that is how a client
knows, before it repeats a lease, that this server will recognise it.
"""

from __future__ import annotations

from emulator.engine.attempts import is_attempt_id
from emulator.rest import errors
from emulator.rest.messages import Request, Response

_HEADER = "x-taskqueue-attempt"


def has_attempt(request: Request) -> bool:
    """Whether *request* carries an id, well-formed or not."""
    return request.headers.get(_HEADER) is not None


def attempt_id(request: Request) -> str | None:
    """The id that *request* carries, if it does.

    Raises:
        WireError: It is malformed.
    """
    id = request.headers.get(_HEADER)
    if id is not None and not is_attempt_id(id):
        raise errors.invalid_attempt(id)
    return id


def echo(request: Request, response: Response) -> Response:
    """*response* with the id that *request* carries; a malformed one is not repeated."""
    id = request.headers.get(_HEADER)
    if id is None or not is_attempt_id(id):
        return response
    return Response(response.status, (*response.headers, (_HEADER, id)), response.body)
