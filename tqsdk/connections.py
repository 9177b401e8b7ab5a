"""Connections to a server, made by urllib3 and used through Python's own HTTP.

urllib3 prepares each call for uploads, streams and retries, and none of this API's needs them: what
is sent and what is answered fits in memory. So urllib3 connects, checks certificates and speaks
with proxies. Over a direct connection ``http.client`` alone writes and reads, and failures come out
as urllib3's own, which requests knows.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from typing import Any

from urllib3 import connection, connectionpool, exceptions
from urllib3.poolmanager import PoolManager
from urllib3.response import HTTPResponse

_CONNECT_FAILURES = (OSError, ValueError, http.client.HTTPException, exceptions.HTTPError)

_is_target = re.compile(r"[!-~]+").fullmatch


def use_own_pools(manager: PoolManager) -> None:
    """Have *manager* make connections as this module describes them."""
    # A SOCKS proxy has pools of its own, which already raise what is asked for here.
    owner: Any = manager  # urllib3 declares no type for this attribute
    if owner.pool_classes_by_scheme.get("http") is connectionpool.HTTPConnectionPool:
        owner.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Answer:
    """An answer, read to its end, in the shape in which requests takes those of urllib3."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.content: bytes = answer.read()
        self.status: int = answer.status
        self.reason: str = answer.reason
        self.headers: dict[str, str] = {}
        for name, value in answer.getheaders():
            name = name.lower()
            before = self.headers.get(name)
            self.headers[name] = value if before is None else f"{before}, {value}"
        # Where requests looks for cookies, at a price even if there are none.
        self._original_response = answer if "set-cookie" in self.headers else None

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """The content, with any encoding undone."""
        if not self.is_encoded:
            yield self.content
            return
        encoded = HTTPResponse(BytesIO(self.content), self.headers, preload_content=False)
        yield from encoded.stream(amt, decode_content)

    @property
    def is_encoded(self) -> bool:
        """Whether the content is compressed."""
        return "content-encoding" in self.headers


class _Connection(connection.HTTPConnection):
    """A connection that knows for certain whether a request was sent.

    Exceptions alone do not tell: a reset during the TLS handshake looks like one after the request.
    But whatever ``connect`` raises, it raises before the first byte of the request.
    """

    def connect(self) -> None:
        try:
            super().connect()
        except exceptions.NewConnectionError:
            raise
        except _CONNECT_FAILURES as error:
            raise exceptions.NewConnectionError(self, f"{type(error).__name__}: {error}") from error

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request over the connection as it is, and read the whole answer."""
        if not _is_target(url):
            raise exceptions.InvalidHeader("the URL is not percent-encoded")
        fields = tuple(field for field in headers.items() if field[0] != "Content-Length")
        has_length = len(fields) < len(headers)
        request = b"%b %b HTTP/1.1\r\n%b%b\r\n%b" % (
            method.encode(),
            url.encode(),
            _header_lines(self.host, self.port, self.default_port, fields),
            b"Content-Length: %d\r\n" % len(body) if has_length else b"",
            body,
        )
        # Who refuses a large body may hang up before its end, with the answer on its way.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.sock.sendall(request)  # in one piece: one system call, one packet if it is small
        with http.client.HTTPResponse(self.sock, method=method) as answer:
            answer.begin()
            whole = Answer(answer)
        if answer.will_close:
            self.close()
        return whole


class _SecureConnection(_Connection, connection.HTTPSConnection):
    pass


class _Pool(connectionpool.HTTPConnectionPool):
    # urllib3 promises a protocol here that its own classes do not fit, by pyright's reading.
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]

    def urlopen(self, *args: Any, **options: Any) -> Any:
        """Send a request of requests once; through a proxy, by the means of urllib3."""
        if self.proxy is not None:
            return super().urlopen(*args, **options)
        method, url, headers, body = (
            options[name] for name in ("method", "url", "headers", "body")
        )
        timeout = options["timeout"]
        spoken: Any = self._get_conn()
        try:
            self._make_ready(spoken, timeout.connect_timeout)
            spoken.sock.settimeout(timeout.read_timeout)
            return spoken.exchange(method, url, headers, body or b"")
        except BaseException as error:
            spoken.close()
            if isinstance(error, exceptions.NewConnectionError):
                raise exceptions.MaxRetryError(self, url, error) from error
            if isinstance(error, TimeoutError):
                raise exceptions.ReadTimeoutError(self, url, "no answer in time") from error
            if isinstance(error, OSError | http.client.HTTPException):
                raise exceptions.ProtocolError("Connection aborted.", error) from error
            raise
        finally:
            self._put_conn(spoken)

    def _make_ready(self, spoken: Any, timeout: float) -> None:
        spoken.timeout = timeout
        self._validate_conn(spoken)  # this connects, if it is over TLS
        if spoken.sock is None:
            spoken.connect()


class _SecurePool(_Pool, connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType]


class _Recorder(http.client.HTTPConnection):
    """Keeps what Python's own HTTP would send."""

    written = b""

    def send(self, data: Any) -> None:
        self.written = data


@lru_cache(maxsize=256)
def _header_lines(
    host: str, port: int, default_port: int, fields: tuple[tuple[str, str], ...]
) -> bytes:
    """The lines of *fields*, checked and written by Python's own HTTP, with that of the host.

    They are the same in nearly all requests of a client, and are a tenth of what a call costs.
    """
    recorder = _Recorder(host, port)
    recorder.default_port = default_port
    has_host = any(name.lower() == "host" for name, _ in fields)
    recorder.putrequest("GET", "/", skip_host=has_host, skip_accept_encoding=True)
    for name, value in fields:
        try:
            recorder.putheader(name, value)
        except ValueError:  # whose text shows the value, which may be a token
            raise exceptions.InvalidHeader(f"{name} has a value no header can have") from None
    recorder.endheaders()
    return recorder.written.partition(b"\r\n")[2].removesuffix(b"\r\n")
