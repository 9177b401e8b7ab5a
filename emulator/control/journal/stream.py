"""The journal while it is written: server-sent events, as the WHATWG HTML standard has them."""

from __future__ import annotations

import time
from collections.abc import Generator

import msgspec

from discovery.contract import Contract
from emulator.control.gate import Gate
from emulator.control.journal.filter import Filter
from emulator.control.journal.view import View
from emulator.rest import errors
from emulator.rest.messages import Job, Request, Response, Stream
from emulator.rest.parse import Parser, query_pairs

# A client that is gone is noticed when something is sent to it.
_SILENCE_SECONDS = 15

# At a time, so that a client that does not read has little waiting for it. The rest stays in the
# journal, and what is gone from there when it reads again is lost to it.
_AT_ONCE = 100

_HEAD = Response(
    200, (("content-type", "text/event-stream; charset=UTF-8"), ("cache-control", "no-store"))
)


class JournalStream:
    """Answers ``GET /_emulator/v1/journal/stream``, with the parameters of ``journal.list``."""

    def __init__(self, control: Contract, gate: Gate, view: View) -> None:
        """Make one.

        Args:
            control: The contract of the control API.
            gate: Who may listen.
            view: What they hear.
        """
        self._path = f"{control.base_path}journal/stream"
        listing = control.methods["emulator.journal.list"]
        self._parser = Parser(control, listing, jsonp=False, strict=True)
        self._gate = gate
        self._view = view

    def __call__(self, request: Request) -> Job | None:
        """The answer to a request for the stream; None where it is for something else.

        Raises:
            WireError: The caller may not listen, or a parameter cannot be read.
        """
        if request.verb != "GET" or request.path != self._path:
            return None
        pairs = query_pairs(request.query, b"")
        self._gate.admit(request, pairs)
        arguments = self._parser.arguments(pairs)
        wanted = self._view.filter(arguments)
        after = self._start(request.headers.get("last-event-id"), arguments.get("after"))
        return Job(lambda: Stream(_HEAD, events(self._view, wanted, after)))

    def _start(self, heard: str | None, after: int | None) -> int:
        """The entry after which to begin: what a client heard last counts more than its query."""
        last = self._view.journal.last
        if heard:
            if not (heard.isascii() and heard.isdecimal() and len(heard) < 20):
                raise errors.invalid_event_id(heard)
            after = int(heard)
        if after is None:
            return last
        # More than there are was heard from an earlier server: all that this one has is new.
        return max(after, 0) if after <= last else 0


def events(
    view: View, wanted: Filter, after: int, *, silence: float = _SILENCE_SECONDS
) -> Generator[bytes]:
    """The entries after the one with the number *after* that fit, as they come, for ever.

    Args:
        view: Shows them.
        wanted: Which.
        after: Its number.
        silence: After how many seconds without an entry to say that the server is still there.
    """
    yield b": the journal\n\n"
    until = time.monotonic() + silence
    while True:
        left = max(0.0, until - time.monotonic())
        news = view.journal.news(after, most=_AT_ONCE, seconds=left)
        after += news.lost
        lines = [_event(after, {"entries": news.lost}, name=b"event: lost\n")] if news.lost else []
        lines += [
            _event(each.sequence, view.members(each))
            for each in news.entries
            if view.fits(wanted, each)
        ]
        if news.entries:
            after = news.entries[-1].sequence
        if not lines and time.monotonic() >= until:
            lines.append(b": still here\n\n")
        if lines:
            yield b"".join(lines)
            until = time.monotonic() + silence


def _event(sequence: int, members: object, *, name: bytes = b"") -> bytes:
    return b"%sid: %d\ndata: %s\n\n" % (name, sequence, msgspec.json.encode(members))
