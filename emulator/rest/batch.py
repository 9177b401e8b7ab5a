"""Many requests in one: ``multipart/mixed`` in, ``multipart/mixed`` out (API.md 2.5).

Parts run in the order in which they stand, as units of work of their own that share one commit. A
part that is refused is refused alone; the batch itself is still a 200.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Transaction, Work
from emulator.rest import errors
from emulator.rest.messages import (
    Headers,
    Made,
    Manner,
    Pending,
    Request,
    RequestHeaders,
    Response,
    Spoiled,
    phrase,
)

MOST_PARTS = 1_000

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))', re.IGNORECASE)
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_LONGEST_REMEMBERED = 1_000
_OF_ONE_REQUEST = frozenset({"transfer-encoding", "x-taskqueue-attempt"})
_REQUEST_LINE = re.compile(r"([A-Za-z]{1,20}) (\S{1,16384})(?: HTTP/\d(?:\.\d)?)?\s*")


def answer_batch(
    request: Request, body: bytes, door: Callable[[Request], Made | Pending]
) -> Pending:
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

    def render(outcome: Outcome[list[Outcome[Any]]]) -> Made:
        # If the shared unit itself failed, every part that needed the store has failed with it.
        outcomes = iter(outcome.value or [Outcome(error=outcome.error)] * len(work))
        made = [
            answer.render(next(outcomes)) if isinstance(answer, Pending) else answer
            for answer in answers
        ]
        responses = [each.response if isinstance(each, Spoiled) else each for each in made]
        whole = _multipart(zip(content_ids, responses, strict=True))
        manners = [each.manner for each in made if isinstance(each, Spoiled)]
        return Spoiled(whole, _together(manners)) if manners else whole

    return Pending(_one_after_another(work), render)


def _together(manners: list[Manner]) -> Manner:
    """How an answer leaves whose parts would leave so: as late as the last, and as the first ends.

    Parts of an answer have one connection, and no way to be lost but with it.
    """
    late = max(each.seconds for each in manners)
    ending = next((each for each in manners if each.ending is not None), Manner())
    return Manner(late, ending.ending, ending.bytes_per_second)


class _Part(NamedTuple):
    content_id: str | None
    request: Request


class _Headers(NamedTuple):
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
    read = _remembered_head if len(head) <= _LONGEST_REMEMBERED else _read_head
    verb, path, query, own = read(head)
    headers = _Headers(own, outer.headers)
    return _Part(
        _headers(_lines(described)).get("content-id"),
        Request(verb, path, query, headers, body, outer.scheme, outer.peer),
    )


def _read_head(head: bytes) -> tuple[str, str, str, Mapping[str, str]]:
    """Verb, path, query and headers of the request in a part."""
    line, _, headers = _lines(head).partition("\n")
    matched = _REQUEST_LINE.fullmatch(line)
    if matched is None:
        raise errors.parse_error()
    url = urlsplit(matched[2])
    path = unquote(url.path, errors="surrogateescape")
    return matched[1].upper(), path, url.query, _headers(headers)


# The parts of a batch are mostly for one method of one queue.
_remembered_head = lru_cache(256)(_read_head)


def _head_and_rest(text: bytes) -> tuple[bytes, bytes]:
    """What stands before the first empty line, and what follows."""
    found = _EMPTY_LINE.search(text)
    return (text, b"") if found is None else (text[: found.start()], text[found.end() :])


def _lines(head: bytes) -> str:
    """*head* with lines that end in LF alone."""
    return head.decode("latin-1").replace("\r\n", "\n")


def _headers(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.split("\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _multipart(answers: Iterator[tuple[str | None, Response]]) -> Response:
    boundary = f"batch_{secrets.token_urlsafe(16)}"
    pieces: list[bytes] = []
    begin = f"--{boundary}\r\nContent-Type: application/http\r\n".encode()
    for content_id, response in answers:
        pieces.append(begin)
        if content_id:
            pieces.append(
                f"Content-ID: {_response_id(content_id)}\r\n".encode("latin-1", "replace")
            )
        pieces.append(_head(response.status, response.headers))
        # Python's client wants an empty line before the body even where there is no body.
        pieces.append(b"Content-Length: %d\r\n\r\n" % len(response.body))
        pieces.append(response.body)
        pieces.append(b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    headers = (("content-type", f"multipart/mixed; boundary={boundary}"),)
    return Response(200, headers, b"".join(pieces))


@lru_cache(256)
def _head(status: int, headers: Headers) -> bytes:
    """The head of a part's answer, which most parts have in common, less the length."""
    # Python's client wants three words on the status line.
    lines = ["", f"HTTP/1.1 {status} {phrase(status)}"]
    lines += [f"{name.title()}: {value}" for name, value in headers]
    return "\r\n".join([*lines, ""]).encode("latin-1", "replace")


def _response_id(content_id: str) -> str:
    """``<x>`` becomes ``<response-x>``, and a bare ``x``, which PHP sends, ``response-x``."""
    if content_id.startswith("<"):
        return f"<response-{content_id[1:]}"
    return f"response-{content_id}"
