"""Batches as a server sees and answers them, for tests that say what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tqsdk.transport import Request, Response

_ID = re.compile(rb"Content-ID: <([0-9a-f]+\+\d+)>")


def parts(request: Request) -> list[bytes]:
    """The requests in a batch, each from its request line on."""
    boundary = (request.header("Content-Type") or "").partition("boundary=")[2].encode()
    return [
        piece.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        for piece in (request.body or b"").split(b"--" + boundary)[1:-1]
    ]


def ids(request: Request) -> list[str]:
    """The Content-ID of each of them, without its brackets."""
    return [found.decode() for found in _ID.findall(request.body or b"")]


def part(id: str, response: Response) -> bytes:
    """One part of an answer."""
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"Content-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\n"
        f"HTTP/1.1 {response.status} Some Reason\r\n{head}\r\n"
    ).encode() + response.body


def multipart(pieces: Sequence[bytes], *, end: bytes = b"\r\n--b_1--\r\n") -> Response:
    """An answer of these parts."""
    body = b"".join(b"--b_1\r\n" + piece + b"\r\n" for piece in pieces).removesuffix(b"\r\n")
    return Response(200, {"Content-Type": "multipart/mixed; boundary=b_1"}, body + end)


def answering(*answers: Response) -> Callable[[Request], Response]:
    """Answers a batch of as many parts, in their order."""

    def answer(request: Request) -> Response:
        pairs = zip(ids(request), answers, strict=True)
        return multipart([part(id, response) for id, response in pairs])

    return answer
