"""An entry of the journal, and what can be made out of it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from emulator.control.faults import FAULT_HEADER
from emulator.rest.messages import Request, Response

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


# Without gc=False the collector would walk through all entries again and again; nothing that an
# entry holds leads back to it.
class Entry(msgspec.Struct, gc=False):
    """A request that was answered, and its answer, as they were.

    Attributes:
        at: When, in microseconds.
        size: How many bytes of bodies it holds.
        note: Why bodies are missing.
        reading: What it means, once somebody has asked.
    """

    sequence: int
    at: int
    request: Request
    response: Response
    size: int
    note: str | None = None
    reading: Reading | None = None

    @property
    def fault(self) -> str | None:
        """The id of the fault that spoiled the answer."""
        return dict(self.response.headers).get(FAULT_HEADER)
