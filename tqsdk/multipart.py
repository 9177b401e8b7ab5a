"""Many requests in one, as the API's batch endpoint takes them: ``multipart/mixed`` of HTTP.

The rule: an answer is matched by its Content-ID and nothing else, never by its place. A part that
is missing, doubled, cut off or unreadable is no answer.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from discovery import contract
from tqsdk.errors import ArgumentError
from tqsdk.transport import Request, Response, merged

MOST_PARTS = 1000  # what the API takes in one request

_EMPTY_LINE = b"\r\n\r\n"
_BOUNDARY = re.compile(r'multipart/mixed\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_FIELD = re.compile(r"^([^:\r\n]+):[ \t]*([^\r\n]*?)[ \t]*\r?$", re.MULTILINE)
_STATUS_LINE = re.compile(r"HTTP/\d(?:\.\d)? ([1-5]\d\d)(?: .*)?")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One request made of many.

    Attributes:
        request: What is to be sent.
    """

    request: Request
    _ids: Mapping[str, int]  # what each answer is called, and which request it answers

    def answers(self, response: Response) -> list[Response | None]:
        """The answer to each request, in their order; None where there is none to be had."""
        answers: list[Response | None] = [None] * len(self._ids)
        doubled: set[int] = set()
        for id, answer in _parts(response):
            place = self._ids.get(id)
            if place is None:
                continue
            if answers[place] is not None:
                doubled.add(place)
            answers[place] = answer
        return [None if place in doubled else answer for place, answer in enumerate(answers)]


def enclose(requests: Sequence[Request], *, endpoint: str) -> Envelope:
    """Put *requests* into one for the server at *endpoint*.

    Headers that are the same in all of them are sent once, outside, where they hold for every part.

    Args:
        requests: At most 1000, all to this endpoint.
        endpoint: As the client has it; the parts name the path below it.

    Raises:
        ArgumentError: A header has a line break in it.
    """
    token = secrets.token_hex(16)
    shared = _shared_headers(requests)
    pieces: list[bytes] = []
    for place, request in enumerate(requests):
        pieces.append(_head(request, shared, f"{token}+{place}", endpoint, token))
        pieces.append(request.body or b"")
        pieces.append(b"\r\n")
    pieces.append(f"--{token}--\r\n".encode())
    headers = merged({"Content-Type": f"multipart/mixed; boundary={token}"}, shared)
    return Envelope(
        Request("POST", _batch_url(endpoint), headers, b"".join(pieces)),
        {f"<response-{token}+{place}>": place for place in range(len(requests))},
    )


def _batch_url(endpoint: str) -> str:
    return f"{endpoint}/{contract.load('v1beta2').batch_path}"


def _shared_headers(requests: Sequence[Request]) -> dict[str, str]:
    first, *others = requests
    return {
        name: value
        for name, value in first.headers.items()
        if not name.lower().startswith("content-")  # these describe a body, each its own
        and all(other.headers.get(name) == value for other in others)
    }


def _head(
    request: Request, shared: Mapping[str, str], id: str, endpoint: str, boundary: str
) -> bytes:
    lines = [
        f"--{boundary}",
        "Content-Type: application/http",
        f"Content-ID: <{id}>",
        "",
        f"{request.method} {request.url.removeprefix(endpoint)} HTTP/1.1",
    ]
    for name, value in request.headers.items():
        if name not in shared:
            lines.append(_line(name, value))
    if request.body is not None:
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _line(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if "\r" in line or "\n" in line:
        raise ArgumentError("headers", f"cannot have a line break: {name!r}")
    return line


def _parts(response: Response) -> Iterator[tuple[str, Response | None]]:
    """The parts that can be told apart, each with its Content-ID."""
    found = _BOUNDARY.match(response.header("Content-Type") or "")
    if found is None:
        return
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    # Before the first delimiter is a preamble. What follows the last one is its end, or else a part
    # of which nobody knows whether it is whole.
    for piece in (b"\r\n" + response.body).split(delimiter)[1:-1]:
        if piece.startswith(b"--"):
            return
        described, _, http = piece.partition(_EMPTY_LINE)
        headers = _headers(described)
        id = headers.get("content-id")
        if id is not None and headers.get("content-type", "").startswith("application/http"):
            yield id, _response(http)


def _response(http: bytes) -> Response | None:
    head, end, body = http.partition(_EMPTY_LINE)
    line, _, fields = head.partition(b"\r\n")
    status = _STATUS_LINE.fullmatch(line.decode("latin-1"))
    headers = _headers(fields)
    if not end or status is None or headers.get("content-encoding", "identity") != "identity":
        return None
    length = headers.get("content-length")
    if length is not None:
        # Some servers end a part with a line break of their own before the delimiter's.
        if not length.isdecimal() or len(body) < int(length) or body[int(length) :].strip():
            return None
        body = body[: int(length)]
    return Response(int(status[1]), headers, body)


def _headers(block: bytes) -> dict[str, str]:
    """The headers, their names in lower case."""
    return {name.lower(): value for name, value in _FIELD.findall(block.decode("latin-1"))}
