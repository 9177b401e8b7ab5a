"""HTTP/1.1 on an event loop: a connection's bytes in, the door's answers out.

httptools, the parser of Node.js, reads requests, and asyncio moves bytes; what is left is here. A
request is handed on where its last byte arrived: no task, future or thread is made for it. One
request of a connection is worked on at a time and those sent ahead wait, so answers leave in order.

What a stranger may cost is bounded: the head of a request, its body, how long it may take to
arrive, how long its answer may take to leave.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol, cast
from urllib.parse import unquote_to_bytes, urlsplit

import httptools

from emulator.rest import errors
from emulator.rest.errors import WireError
from emulator.rest.messages import Headers, Request, Response, phrase

MOST_TARGET_BYTES = 65_536
MOST_HEAD_BYTES = 131_072

# Seconds: without a request, for a head to arrive or a body to go on, for an answer to leave, and
# for a client to hang up after a refusal whose request was not read to its end.
_IDLE = 75
_ARRIVING = 30
_LEAVING = 60
_LINGERING = 5

_LONGEST_REMEMBERED = 1_000

_ABOUT_UPGRADES = ("connection", "http2-settings", "upgrade")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_WITHOUT_LENGTH = (204, 304)
_LINGER_FOR_NO_TIME = struct.pack("ii", 1, 0)  # to close is then to reset


class Front(Protocol):
    """What a connection needs of the server.

    Attributes:
        scheme: ``http`` or ``https``.
        connections: All that are open.
        seconds: How many have passed, roughly; counted by whoever calls ``Connection.check``.
        buffer: Where bytes arrive; one for all connections, since each is done with them at once.
    """

    scheme: str
    connections: set[Connection]
    seconds: int
    buffer: memoryview

    def most_bytes(self, path: str) -> int:
        """How long the body of a request for *path* may be."""
        ...

    def keep(self, size: int) -> bool:
        """Count *size* more bytes of bodies as kept, if there is room for them."""
        ...

    def drop(self, size: int) -> None:
        """Count *size* bytes of bodies as gone."""
        ...

    def take(self, request: Request, connection: Connection) -> None:
        """See to it that *request* is answered by ``connection.answer``, at once or later."""
        ...

    def refusal(self, error: WireError) -> Response:
        """The answer to what is no request."""
        ...


class RawHeaders:
    """The headers of one request as they came; most are never looked at."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, bytes]) -> None:
        self._values = values

    def get(self, key: str, /) -> str | None:
        """The value of the header *key*, which is in lower case."""
        value = self._values.get(key)
        return None if value is None else value.decode("latin-1")


class _Arrived(NamedTuple):
    """What is to be answered: a request, or already the refusal of what was none.

    Attributes:
        kept: How many bytes of body it holds.
        last: Whether the connection ends with its answer.
        old: Whether it was sent by HTTP/1.0.
    """

    message: Request | Response
    kept: int = 0
    last: bool = True
    old: bool = False


class Connection(asyncio.BufferedProtocol):
    """One connection of one client."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._arrived: deque[_Arrived] = deque()
        self._working: _Arrived | None = None
        self._pumping = False
        self._blocked = False  # the client does not read what is sent to it
        self._deaf = False  # what still comes is not read
        self._ended = False  # the client will send no more
        self._withheld = False  # the client waits for what never comes
        self._held_back = False  # the answer is there, but leaves later
        self._since = front.seconds
        self._kept = 0
        self._in_head = False
        self._arriving = False
        self._peer = ""
        self._chunked = False
        self._streams = False  # an answer was begun and is not ended
        self._wants_more: Callable[[bool], None] | None = None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._peer = transport.get_extra_info("peername", ("",))[0]
        self._front.connections.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._front.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._deaf:
            return
        if self._in_head:
            self._head_bytes += nbytes
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(errors.head_too_large() if self._values else errors.target_too_long())
                return
        else:
            self._since = self._front.seconds
        self._feed(self._front.buffer[:nbytes])

    def _feed(self, data: bytes | memoryview) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as stop:
            self._decline_upgrade(bytes(data[stop.args[0] :]))
        except httptools.HttpParserInvalidMethodError:
            self._refuse(errors.not_found())
        except httptools.HttpParserError:
            self._refuse(errors.parse_error())

    def eof_received(self) -> bool:
        """Stay open for answers that are still to come, where TLS allows it."""
        self._ended = True
        return self._working is not None and self._front.scheme == "http"

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._tell_who_streams(more=True)
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self._front.connections.discard(self)
        self._transport = None
        self._forget_what_waits()
        self._tell_who_streams(more=False)

    # What the parser calls

    def on_message_begin(self) -> None:
        self._target = b""
        self._values: dict[str, bytes] = {}
        self._body: list[bytes] = []
        self._head_bytes = 0
        self._in_head = self._arriving = True

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        key = _lower(name)
        given = self._values.get(key)
        self._values[key] = value if given is None else given + b", " + value

    def on_headers_complete(self) -> None:
        # What wishes for another protocol comes here again without the wish.
        if self._deaf or self._parser.should_upgrade():
            return
        self._in_head = False
        if len(self._target) > MOST_TARGET_BYTES:
            self._refuse(errors.target_too_long())
            return
        self._path, self._query = _split(self._target)
        self._most = self._front.most_bytes(self._path)
        length = self._values.get("content-length")
        if length is not None and int(length) > self._most:
            self._refuse_body()
        elif self._values.get("expect", b"").lower() == b"100-continue":
            self._go_on()

    def on_body(self, part: bytes) -> None:
        if self._deaf:
            return
        if self._kept + len(part) > self._most:
            self._refuse_body()
        elif not self._front.keep(len(part)):
            self._refuse(errors.overloaded())
        else:
            self._kept += len(part)
            self._body.append(part)

    def on_message_complete(self) -> None:
        if self._deaf or self._parser.should_upgrade():
            return
        self._arriving = False
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        kept, self._kept = self._kept, 0
        last = not self._parser.should_keep_alive()
        # Without this header HTTP/1.0 ends the connection, and 1.1 does not: both are as expected.
        old = "connection" in self._values and self._parser.get_http_version() == "1.0"
        self._push(_Arrived(self._request(body), kept, last, old))

    # What the front calls

    def answer(self, response: Response) -> None:
        """Send the answer to the request that was taken last."""
        arrived = self._settled()
        if self._transport is None or self._transport.is_closing():
            return
        last = arrived.last or (self._ended and not self._arrived)
        self._since = self._front.seconds
        head = _head(response.status, response.headers) + _framing(arrived, response, last=last)
        self._transport.write(head + response.body)
        if last:
            self._leave()
        elif self._arrived and not self._pumping:
            self._pump()

    def begin(self, head: Response) -> None:
        """Begin to answer with *head*; ``send`` and ``end`` follow. The connection ends with it."""
        arrived = self._working
        if arrived is None or self._transport is None or self._transport.is_closing():
            return
        self._streams = True
        self._chunked = not arrived.old and self._parser.get_http_version() != "1.0"
        framing = b"transfer-encoding: chunked\r\n" if self._chunked else b""
        lines = _head(head.status, head.headers) + framing + b"connection: close\r\n\r\n"
        self._transport.write(lines)

    def send(self, chunk: bytes, more: Callable[[bool], None]) -> None:
        """Send some of a body that was begun; call *more* when there is room for more.

        *more* is told whether anybody is left to read it.
        """
        self._wants_more = more
        if self._transport is None or self._transport.is_closing():
            self._tell_who_streams(more=False)
            return
        self._since = self._front.seconds
        self._transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunked else chunk)
        if not self._blocked:
            self._tell_who_streams(more=True)

    def end(self, *, whole: bool) -> None:
        """End a body that was begun; if it is not *whole*, so that the client notices."""
        arrived, self._working = self._working, None
        self._streams = False
        if arrived is not None and arrived.kept:
            self._front.drop(arrived.kept)
        if self._transport is None:
            return
        if not whole:
            self._transport.abort()
            return
        if self._chunked:
            self._transport.write(b"0\r\n\r\n")
        self._leave()

    def hold_back(self) -> None:
        """Wait with the answer to the request that was taken last, but not if the server stops."""
        self._held_back = True

    def truncate(self, response: Response) -> None:
        """Send half of the answer to the request that was taken last, and hang up."""
        arrived = self._settled()
        if self._transport is None or self._transport.is_closing():
            return
        head = _head(response.status, response.headers)
        head += _framing(arrived, response, last=arrived.last)
        body = response.body
        half = head + body[: len(body) // 2] if body else head[: len(head) // 2]
        self._transport.write(half)
        self._leave()
        self._deaf = True

    def cut(self) -> None:
        """Reset the connection, in the place of the answer to the request that was taken last."""
        self._settled()
        self._deaf = True
        self._forget_what_waits()
        if self._transport is not None:
            wire: socket.socket = self._transport.get_extra_info("socket")
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_FOR_NO_TIME)
            self._transport.abort()

    def withhold(self) -> None:
        """Never answer the request that was taken last, nor any other, until the client leaves."""
        self._settled()
        self._withheld = self._deaf = True
        self._forget_what_waits()
        if self._transport is None:
            return
        if self._ended:  # it cannot be told when such a client leaves
            self._transport.abort()
        else:
            self._transport.resume_reading()

    def check(self) -> None:
        """Hang up on a client that takes too long; called every now and then."""
        waited = self._front.seconds - self._since
        if self._transport is None or self._withheld:
            return
        if self._working is not None and not self._blocked:
            return
        if self._blocked:
            patience = _LEAVING
        elif self._deaf or self._transport.is_closing():
            patience = _LINGERING
        else:
            patience = _ARRIVING if self._arriving else _IDLE
        if waited > patience:
            self._transport.abort()

    def finish(self) -> None:
        """Hang up, once what has been taken is answered; a stream may never end, and is cut off."""
        if self._working is None or self._held_back or self._streams:
            if self._transport is not None:
                self._transport.close()
        else:
            self._deaf = self._ended = True
            self._forget_what_waits()

    # What it comes down to

    def _request(self, body: bytes | None) -> Request:
        return Request(
            self._parser.get_method().decode("ascii"),
            self._path,
            self._query,
            RawHeaders(self._values),
            body,
            self._front.scheme,
            self._peer,
        )

    def _settled(self) -> _Arrived:
        """The request that was taken last, which is now done with."""
        arrived, self._working = self._working, None
        self._held_back = False
        if arrived is None:
            raise RuntimeError("there is nothing to answer")
        if arrived.kept:
            self._front.drop(arrived.kept)
        return arrived

    def _tell_who_streams(self, *, more: bool) -> None:
        tell, self._wants_more = self._wants_more, None
        if tell is not None:
            tell(more)

    def _go_on(self) -> None:
        """Tell a client that asks first to send the body, but not in the place of an answer."""
        if self._transport is not None and self._working is None and not self._arrived:
            self._transport.write(_CONTINUE)

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on with a request that would rather be of another protocol, as if it had not said so.

        A server may, and must read its body then, as Java's client expects; but the parser stops
        at the end of the head. So another one is told the head without the wish.
        """
        if "upgrade" not in self._values:  # CONNECT, which means the same to the parser
            self._refuse(errors.not_found())
            return
        lines = [b"%b %b HTTP/1.1" % (self._parser.get_method(), self._target)]
        lines += [
            b"%b: %b" % (name.encode("latin-1"), value)
            for name, value in self._values.items()
            if name not in _ABOUT_UPGRADES
        ]
        self._parser = httptools.HttpRequestParser(self)
        self._feed(b"\r\n".join([*lines, b"", rest]))

    def _refuse_body(self) -> None:
        """Have the request answered as one whose body is too large, which need not arrive."""
        self._give_up_arriving()
        self._push(_Arrived(self._request(None)))

    def _refuse(self, error: WireError) -> None:
        self._give_up_arriving()
        self._push(_Arrived(self._front.refusal(error)))

    def _give_up_arriving(self) -> None:
        self._deaf = True
        self._front.drop(self._kept)
        self._kept = 0

    def _push(self, arrived: _Arrived) -> None:
        if self._working is None and not self._arrived and not self._blocked:
            self._start(arrived)
        else:
            self._arrived.append(arrived)
            if self._transport is not None:
                self._transport.pause_reading()

    def _pump(self) -> None:
        self._pumping = True
        while self._arrived and self._working is None and not self._blocked:
            self._start(self._arrived.popleft())
        self._pumping = False
        if self._transport is not None and not self._arrived:
            self._transport.resume_reading()

    def _start(self, arrived: _Arrived) -> None:
        self._working = arrived
        if isinstance(arrived.message, Request):
            self._front.take(arrived.message, self)
        else:
            self.answer(arrived.message)

    def _leave(self) -> None:
        """Hang up after the last answer; if the client may still be sending, let it finish first.

        To close a socket with unread bytes is to reset it, and the client may lose the answer.
        """
        self._forget_what_waits()
        if self._transport is not None and (self._ended or not self._deaf):
            self._transport.close()

    def _forget_what_waits(self) -> None:
        self._front.drop(self._kept + sum(each.kept for each in self._arrived))
        self._kept = 0
        self._arrived.clear()


@lru_cache(1_024)
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


def _split(target: bytes) -> tuple[str, str]:
    """A request's target as a percent-decoded path and a query."""
    if len(target) > _LONGEST_REMEMBERED:
        return _taken_apart(target)
    return _remembered(target)


def _taken_apart(target: bytes) -> tuple[str, str]:
    if not target.startswith((b"/", b"*")):  # as proxies are asked
        parts = urlsplit(target)
        target = (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
    path, _, query = target.partition(b"?")
    if b"%" in path:
        path = unquote_to_bytes(path)
    return path.decode("utf-8", "surrogateescape"), query.decode("latin-1")


# Most requests of a server are for the same few targets.
_remembered = lru_cache(1_024)(_taken_apart)


@lru_cache(256)
def _head(status: int, headers: Headers) -> bytes:
    """All of an answer's head that does not depend on its body; most answers have the same."""
    lines = [f"HTTP/1.1 {status} {phrase(status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, ""]).encode("latin-1", "replace")


def _framing(arrived: _Arrived, response: Response, *, last: bool) -> bytes:
    """The end of an answer's head: where the body ends, and whether the connection does."""
    message = arrived.message
    silent = isinstance(message, Request) and message.verb == "HEAD"
    lines = b""
    if not silent and response.status not in _WITHOUT_LENGTH:
        lines = b"content-length: %d\r\n" % len(response.body)
    if last:
        lines += b"connection: close\r\n"
    elif arrived.old:
        lines += b"connection: keep-alive\r\n"
    return lines + b"\r\n"
