"""For tests of programs that use tqsdk: no network, no waiting.

``WsgiTransport`` puts a server into the test's own process, such as the emulator's application.
``ScriptedTransport`` gives the answers it was told to, ``Recorder`` writes down those of another
transport. ``VirtualClock`` moves when told to. It and the scripted transport have twins for
AsyncClient.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from tqsdk.errors import AmbiguousResultError, RequestTimeoutError
from tqsdk.recorder import Recorded as Recorded
from tqsdk.recorder import Recorder as Recorder
from tqsdk.transport import Request, Response, Timeout

Answer = Response | Exception | Callable[[Request], Response]


class _Scripted:
    """A list of answers; see ``ScriptedTransport``."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[Request] = []
        self.timeouts: list[Timeout] = []
        self._answers = list(answers)

    def _next(self, request: Request, timeout: Timeout) -> Response:
        self.requests.append(request)
        self.timeouts.append(timeout)
        if not self._answers:
            raise AssertionError(f"no answer left for {request.method} {request.url}")
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else answer(request)


class ScriptedTransport(_Scripted):
    """Answers from a list, in order, and keeps the requests.

    Args:
        answers: Each a Response, an exception to raise, or a function that makes the Response.

    Attributes:
        requests: All that were sent.
        timeouts: What each of them was allowed.
    """

    def send(self, request: Request, timeout: Timeout) -> Response:
        """Give the next answer.

        Raises:
            AssertionError: There is none left.
        """
        return self._next(request, timeout)


class AsyncScriptedTransport(_Scripted):
    """``ScriptedTransport`` for AsyncClient; it lets other tasks run before each answer."""

    async def send(self, request: Request, timeout: Timeout) -> Response:
        """Give the next answer.

        Raises:
            AssertionError: There is none left.
        """
        await asyncio.sleep(0)
        return self._next(request, timeout)


def answer(
    body: object = None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with *body* as JSON; without one, empty."""
    content = b"" if body is None else json.dumps(body).encode()
    return Response(status, {"Content-Type": "application/json", **(headers or {})}, content)


def refusal(
    status: int,
    message: str,
    *,
    reason: str = "invalid",
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal in Google's envelope; *code* is for the header ``X-TaskQueue-Error``."""
    error = {
        "errors": [{"domain": "global", "reason": reason, "message": message}],
        "code": status,
        "message": message,
    }
    coded = {} if code is None else {"X-TaskQueue-Error": code}
    return answer({"error": error}, status=status, headers={**coded, **(headers or {})})


class WsgiTransport:
    """Calls a WSGI application as a server would; what it raises comes out of ``send``.

    But ConnectionError and TimeoutError mean that it lost the answer, or never gives one, as the
    emulator does when a fault says so.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def send(self, request: Request, timeout: Timeout) -> Response:
        """Answer from the application, however long that takes."""
        try:
            return self._called(request)
        except TimeoutError as error:
            raise RequestTimeoutError(f"no answer: {error}") from error
        except ConnectionError as error:
            raise AmbiguousResultError(f"the answer was lost: {error}") from error

    def _called(self, request: Request) -> Response:
        status = 0
        headers: dict[str, str] = {}
        chunks: list[bytes] = []

        def start_response(
            line: str, fields: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], None]:
            nonlocal status
            status = int(line.split()[0])
            headers.clear()
            for name, value in fields:
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
            return chunks.append

        iterable = self._app(_environ(request), start_response)
        try:
            for chunk in iterable:
                chunks.append(chunk)
        finally:
            close = getattr(iterable, "close", None)
            if close is not None:
                close()
        return Response(status, headers, b"".join(chunks))


class _Virtual:
    """A clock that stands still; see ``VirtualClock``."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.sleeps: list[float] = []
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass.

        Raises:
            ValueError: They are negative: this clock does not go back.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


class VirtualClock(_Virtual):
    """A clock that stands still; sleeping moves it, and takes no time.

    Args:
        now: What it shows at first.

    Attributes:
        sleeps: The seconds of each sleep.
    """

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(seconds)


class AsyncVirtualClock(_Virtual):
    """``VirtualClock`` for AsyncClient; those who sleep at the same time move it only once."""

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        until = self.monotonic() + seconds
        await asyncio.sleep(0)
        self.advance(max(0.0, until - self.monotonic()))


def _environ(request: Request) -> dict[str, Any]:
    """The request as PEP 3333 wants it."""
    url = urlsplit(request.url)
    body = request.body or b""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # Decoded, as bytes in the guise of Latin-1.
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": url.path + (f"?{url.query}" if url.query else ""),
        "SERVER_NAME": url.hostname or "localhost",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ
