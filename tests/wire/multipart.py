"""The answers in a batch's answer, taken apart as strictly as the pickiest client does."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace

from tests.wire.fronts import Got

_MADE = re.compile(rb"batch_[A-Za-z0-9_-]{20,40}")
_BOUNDARY = "multipart/mixed; boundary="
_STATUS_LINE = re.compile(r"HTTP/1\.1 (\d{3}) \S.*")


def with_plain_boundary(got: Got) -> Got:
    """*got* with its boundary, which is random, replaced by ``batch_random``."""
    type = dict(got.headers).get("content-type", "")
    if not type.startswith(_BOUNDARY):
        return got
    boundary = type.removeprefix(_BOUNDARY).encode()
    assert _MADE.fullmatch(boundary), boundary
    packed = dict(got.headers).get("content-encoding") == "gzip"
    body = gzip.decompress(got.body) if packed else got.body
    body = body.replace(boundary, b"batch_random")
    return replace(
        got,
        headers=tuple(
            (name, f"{_BOUNDARY}batch_random" if name == "content-type" else value)
            for name, value in got.headers
        ),
        body=gzip.compress(body, mtime=0) if packed else body,
    )


def parts(got: Got) -> list[tuple[str | None, Got]]:
    """Each part of a batch's answer, as its Content-ID and the answer in it."""
    assert dict(got.headers)["content-type"] == f"{_BOUNDARY}batch_random"
    first, *texts = got.body.split(b"--batch_random\r\n")
    assert first == b""
    if texts:
        assert texts[-1].endswith(b"--batch_random--\r\n")
        texts[-1] = texts[-1].removesuffix(b"--batch_random--\r\n")
    return [_part(text) for text in texts]


def _part(text: bytes) -> tuple[str | None, Got]:
    described, inner, rest = text.split(b"\r\n\r\n", 2)
    outer = _headers(described.decode().split("\r\n"))
    assert outer.pop("content-type") == "application/http"
    content_id = outer.pop("content-id", None)
    assert not outer
    line, *lines = inner.decode().split("\r\n")
    status = _STATUS_LINE.fullmatch(line)
    assert status is not None, line
    pairs = [_pair(each) for each in lines]
    length = int(dict(pairs)["content-length"])
    assert rest[length:] == b"\r\n"
    headers = tuple(pair for pair in pairs if pair[0] != "content-length")
    return content_id, Got(int(status[1]), headers, rest[:length])


def _headers(lines: list[str]) -> dict[str, str]:
    return dict(_pair(line) for line in lines)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value
