"""Many requests in one: ``multipart/mixed`` in, ``multipart/mixed`` out (API.md 2.5).

Parts run in the order in which they stand, as units of work of their own that share one commit. A
part that is refused is refused alone; the batch itself is still a 200.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Transaction, Work
from emulator.rest import errors
from emulator.rest.messages import Answer, Pending, Request, RequestHeaders, Response

MOST_PARTS = 1_000

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))', re.IGNORECASE)
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_OF_ONE_REQUEST = frozenset({"transfer-encoding", "x-taskqueue-attempt"})
_REQUEST_LINE = re.compile(r"([A-Za-z]{1,20}) (\S{1,16384})(?: HTTP/\d(?:\.\d)?)?\s*")


def answer_batch(request: Request, body: bytes, door: Callable[[Request], Answer]) -> Pending:
    """Send each part through *door*, and put the answers together.

    Raises:
        WireError: It is no batch, or has too many parts.
    """
    parts = [_part(text, request) for text in _texts(request, body)]
    if len(parts) > MOST_PARTS:
        raise errors.too_many_parts(MOST_PARTS)
    answers = [door(part.request) for part in parts]
    work = [answer.work for answer in answers if isinstance(answer, Pending)]
    content_ids = [part.content_id for part in parts]

    def render(outcome: Outcome[list[Outcome[Any]]]) -> Response:
        # If the shared unit itself failed, every part that needed the store has failed with it.
        outcomes = iter(outcome.value or [Outcome(error=outcome.error)] * len(work))
        responses = [
            answer.render(next(outcomes)) if isinstance(answer, Pending) else answer
            for answer in answers
        ]
        return _multipart(zip(content_ids, responses, strict=True))

    return Pending(_one_after_another(work), render)


@dataclass(frozen=True, slots=True)
class _Part:
    content_id: str | None
    request: Request


@dataclass(frozen=True, slots=True)
class _Headers:
    """A part's own headers over those of the batch.

    Less those that describe the batch's body, and the id of an attempt, which is that of one call.
    """

    own: Mapping[str, str]
    outer: RequestHeaders

    def get(self, key: str, /) -> str | None:
        if key in self.own or key in _OF_ONE_REQUEST or key.startswith("content-"):
            return self.own.get(key)
        return self.outer.get(key)


def _one_after_another(units: list[Work[Any]]) -> Work[list[Outcome[Any]]]:
    def work(tx: Transaction) -> list[Outcome[Any]]:
        return [_attempt(unit, tx) for unit in units]

    return work


def _attempt(unit: Work[Any], tx: Transaction) -> Outcome[Any]:
    try:
        return Outcome(unit(tx))
    except EngineError as refusal:  # raised before the unit wrote anything
        return Outcome(error=refusal)


def _texts(request: Request, body: bytes) -> list[bytes]:
    """The parts between the boundaries, with their own headers."""
    content_type = request.headers.get("content-type") or ""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or found is None:
        raise errors.parse_error()
    boundary = b"\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    pieces = (b"\n" + body).split(boundary, MOST_PARTS + 2)
    # Before the first boundary is a preamble; the last one ends in "--".
    end = next((at for at, piece in enumerate(pieces) if at and piece.startswith(b"--")), None)
    if len(pieces) <= MOST_PARTS + 2 and (end is None or end == 1):
        raise errors.parse_error()
    # The line break before a boundary belongs to the boundary.
    return [piece.removesuffix(b"\r") for piece in pieces[1:end]]


def _part(text: bytes, outer: Request) -> _Part:
    """Read one part: its headers, then a request line, the request's headers, and a body."""
    described, http = _head_and_rest(text.lstrip(b" \t\r\n"))
    head, body = _head_and_rest(http.lstrip(b"\r\n"))
    line, _, headers = head.partition("\n")
    matched = _REQUEST_LINE.fullmatch(line)
    if matched is None:
        raise errors.parse_error()
    url = urlsplit(matched[2])
    return _Part(
        _headers(described).get("content-id"),
        Request(
            verb=matched[1].upper(),
            path=unquote(url.path, errors="surrogateescape"),
            query=url.query,
            headers=_Headers(_headers(headers), outer.headers),
            body=body,
            scheme=outer.scheme,
        ),
    )


def _head_and_rest(text: bytes) -> tuple[str, bytes]:
    """What stands before the first empty line, its lines ended by LF alone, and what follows."""
    found = _EMPTY_LINE.search(text)
    head, rest = (text, b"") if found is None else (text[: found.start()], text[found.end() :])
    return head.decode("latin-1").replace("\r\n", "\n"), rest


def _headers(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.split("\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _multipart(answers: Iterator[tuple[str | None, Response]]) -> Response:
    boundary = f"batch_{secrets.token_urlsafe(16)}"
    pieces: list[bytes] = []
    for content_id, response in answers:
        pieces.append(_head(boundary, content_id, response))
        pieces.append(response.body)
        pieces.append(b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    headers = (("content-type", f"multipart/mixed; boundary={boundary}"),)
    return Response(200, headers, b"".join(pieces))


def _head(boundary: str, content_id: str | None, response: Response) -> bytes:
    lines = [f"--{boundary}", "Content-Type: application/http"]
    if content_id:
        lines.append(f"Content-ID: {_response_id(content_id)}")
    # Python's client wants three words on the status line, and an empty line between the inner
    # headers and the body even where there is no body.
    lines += ["", f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name.title()}: {value}" for name, value in response.headers]
    lines += [f"Content-Length: {len(response.body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def _response_id(content_id: str) -> str:
    """``<x>`` becomes ``<response-x>``, and a bare ``x``, which PHP sends, ``response-x``."""
    if content_id.startswith("<"):
        return f"<response-{content_id[1:]}"
    return f"response-{content_id}"
