"""An entry of the journal, and what can be made out of it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from emulator.control.faults import FAULT_HEADER
from emulator.rest.messages import Headers, Request, Response

Happening: TypeAlias = Literal[
    "inserted", "leased", "renewed", "released", "expired", "deleted", "refused"
]


class Event(msgspec.Struct, frozen=True):
    """What a request did to one task.

    Attributes:
        until: Of a lease or renewal: when it ends, in microseconds, if the answer said so.
        retry_count: How many leases the task had had then, if the answer said so.
    """

    task: str
    happening: Happening
    until: int | None = None
    retry_count: int | None = None


class Unread(msgspec.Struct, frozen=True):
    """Something that was sent and that nobody read.

    Attributes:
        location: ``query`` or ``body``.
        closest: What may have been meant.
    """

    location: str
    name: str
    closest: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """What an entry means. Small, because it is kept with the entry: no bodies.

    Attributes:
        method: The id of the method; None where the request was for none.
        project: Without partition.
        tasks: What the request named, in the order of path and body, then what the answer named.
        code: The engine's code, of a refusal.
        message: The text of a refusal.
    """

    method: str | None = None
    project: str | None = None
    queue: str | None = None
    tasks: tuple[str, ...] = ()
    tag: str | None = None
    caller: str | None = None
    attempt: str | None = None
    refused: bool = False
    code: str | None = None
    message: str = ""
    events: tuple[Event, ...] = ()
    unread: tuple[Unread, ...] = ()


class Entry(msgspec.Struct):
    """A request that was answered, and its answer.

    Attributes:
        at: When, in microseconds.
        request: With those of its headers that say what it means.
        note: Why bodies are missing.
        reading: What it means, once somebody has asked.
    """

    sequence: int
    at: int
    request: Request
    response: Response
    note: str | None = None
    reading: Reading | None = None

    @property
    def fault(self) -> str | None:
        """The id of the fault that spoiled the answer."""
        return dict(self.response.headers).get(FAULT_HEADER)


class _Packed(msgspec.Struct, array_like=True):
    at: int
    verb: str
    path: str
    query: str
    authorization: str | None
    content_type: str | None
    content_encoding: str | None
    attempt: str | None
    body: bytes | None
    status: int
    answer: bytes
    note: str | None


_decode = msgspec.msgpack.Decoder(_Packed).decode


class Packer:
    """Makes of an entry what is kept of it: one piece of bytes, but for the answer's headers.

    What a request and its answer consist of is a score of objects. If they all stayed, those of
    the next would be made in memory that no cache holds, which costs more than all this does. The
    headers may stay: most answers share theirs (``emulator.rest.envelope``).
    """

    def __init__(self) -> None:
        self._encode_into = msgspec.msgpack.Encoder().encode_into
        self._packed = bytearray()

    def pack(self, at: int, request: Request, response: Response, note: str | None) -> bytearray:
        """The piece; the next call writes over it."""
        header = request.headers.get
        packed = (  # as _Packed, which it would take time to make
            at,
            request.verb,
            request.path,
            request.query,
            header("authorization"),
            header("content-type"),
            header("content-encoding"),
            header("x-taskqueue-attempt"),
            request.body,
            response.status,
            response.body,
            note,
        )
        try:
            self._encode_into(packed, self._packed)
        except UnicodeEncodeError:  # bytes that are not UTF-8 stand in it as lone surrogates
            readable = [_readable(each) if isinstance(each, str) else each for each in packed]
            self._encode_into(readable, self._packed)
        return self._packed


def unpack(sequence: int, packed: bytes, answer_headers: Headers) -> Entry:
    """The entry with this number that *packed* is."""
    kept = _decode(packed)
    headers = {
        "authorization": kept.authorization,
        "content-type": kept.content_type,
        "content-encoding": kept.content_encoding,
        "x-taskqueue-attempt": kept.attempt,
    }
    present = {name: value for name, value in headers.items() if value is not None}
    request = Request(kept.verb, kept.path, kept.query, present, kept.body)
    response = Response(kept.status, answer_headers, kept.answer)
    return Entry(sequence, kept.at, request, response, kept.note)


def _readable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
