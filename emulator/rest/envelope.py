"""What goes around every answer: caching headers, ETag, date, compression, JSON-P.

The headers are those that www.googleapis.com sent in its last years (API.md 2.2). They are part of
the answer for a reason: clients and proxies act on them.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from email.utils import formatdate
from functools import lru_cache

from emulator.engine.clock import MICROSECONDS
from emulator.rest import errors, render
from emulator.rest.messages import Headers, Request, Response

# An ETag had two halves of this form, one for the release of the server and one for the content.
_RELEASE = "taskqueue-sdk-emulator-0001"

_READ_CACHING: Headers = (
    ("cache-control", "private, max-age=0, must-revalidate, no-transform"),
    ("vary", "Origin"),
    ("vary", "X-Origin"),
)
_WRITE_CACHING: Headers = (
    ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("pragma", "no-cache"),
    ("expires", "Mon, 01 Jan 1990 00:00:00 GMT"),
    ("vary", "Origin"),
    ("vary", "X-Origin"),
)
_SAFETY: Headers = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-xss-protection", "1; mode=block"),
    ("server", "GSE"),
)
_READ = (*_READ_CACHING, *_SAFETY)
_WRITE = (*_WRITE_CACHING, *_SAFETY)


class Envelope:
    """Puts the headers on answers."""

    def __init__(self) -> None:
        self._date = (-1, "")

    def seal(self, request: Request, response: Response, now: int) -> Response:
        """*response* as it goes out to the caller of *request* at *now* (microseconds)."""
        date = self._http_date(now)
        if request.verb not in ("GET", "HEAD"):
            return Response(response.status, _written(response.headers, date), response.body)
        headers = (*response.headers, ("date", date), ("expires", date), *_READ)
        body = response.body if request.verb == "GET" else b""
        # A script is a 200 even where it carries a refusal, so it is never "not modified".
        if response.status != 200 or render.is_script(response):
            return Response(response.status, headers, body)
        tag = _etag(response.body)
        headers = (*headers, ("etag", tag))
        if _matches(request.headers.get("if-none-match"), tag):
            return Response(304, tuple(each for each in headers if each[0] != "content-type"))
        return Response(200, headers, body)

    def _http_date(self, now: int) -> str:
        second = now // MICROSECONDS
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]


@lru_cache(256)
def _written(headers: Headers, date: str) -> Headers:
    """The headers of an answer to a write, those that it had first.

    Most answers of a second have the same, and share them: who keeps answers keeps them once.
    """
    return (*headers, ("date", date), *_WRITE)


def compress(request: Request, response: Response) -> Response:
    """Gzip the body for a caller that asks for it twice, as the platform's rule was.

    The header alone is not enough: the user agent must say "gzip" too, since some proxies of the
    time added the header on behalf of clients that could not read the answer.
    """
    accepted = request.headers.get("accept-encoding")
    if (
        not accepted
        or not response.body
        or not _accepts_gzip(accepted)
        or "gzip" not in (request.headers.get("user-agent") or "")
    ):
        return response
    return Response(
        response.status,
        (*response.headers, ("content-encoding", "gzip"), ("vary", "Accept-Encoding")),
        gzip.compress(response.body, compresslevel=1, mtime=0),
    )


def decompress(request: Request, body: bytes, most: int) -> bytes:
    """The request's body as its Content-Encoding says, at most *most* bytes of it.

    Java's clients gzip every body they send, empty ones too (API.md section 13). Unpacking stops at
    the cap, so a bomb costs no more than an honest body of that size.

    Raises:
        WireError: It is not gzip, is cut off, or unpacks to more than *most* bytes.
    """
    given = request.headers.get("content-encoding")
    if not given or not body:
        return body
    encoding = given.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise errors.unknown_encoding(encoding)
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise errors.parse_error() from error
    if len(plain) > most:
        raise errors.body_too_large(most)
    if not unpacker.eof or unpacker.unused_data:
        raise errors.parse_error()
    return plain


def _accepts_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def _etag(body: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha1(body, usedforsecurity=False).digest())
    return f'"{_RELEASE}/{digest.decode().rstrip("=")}"'


def _matches(condition: str | None, tag: str) -> bool:
    if condition is None:
        return False
    given = {each.strip().removeprefix("W/") for each in condition.split(",")}
    return tag in given or "*" in given
