"""Which entries somebody wants to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.control.journal.entry import Entry, Reading
from emulator.control.journal.likeness import closest
from emulator.control.journal.reading import plain_body, plain_project
from emulator.control.journal.redaction import redacted
from emulator.rest import errors
from emulator.rest.parse import Arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Fits entries that are as it says; None is any.

    Attributes:
        methods: Ids; empty is any, and so are requests for none.
    """

    methods: frozenset[str] = frozenset()
    project: str | None = None
    queue: str | None = None
    task: str | None = None
    tag: str | None = None
    caller: str | None = None
    status: int | None = None
    refused: bool | None = None
    text: str | None = None

    def fits(self, entry: Entry, reading: Reading) -> bool:
        """Whether *entry*, which means *reading*, is wanted."""
        asked: tuple[tuple[Any, Any], ...] = (
            (self.project, reading.project),
            (self.queue, reading.queue),
            (self.tag, reading.tag),
            (self.caller, reading.caller),
            (self.status, entry.response.status),
            (self.refused, reading.refused),
        )
        return (
            all(wanted is None or wanted == found for wanted, found in asked)
            and (not self.methods or reading.method in self.methods)
            and (self.task is None or self.task in reading.tasks)
            and (self.text is None or any(self.text in each for each in _texts(entry)))
        )


def read_filter(arguments: Arguments, methods: frozenset[str]) -> Filter:
    """The filter that the parameters of a request are.

    Args:
        arguments: The parameters.
        methods: The ids of all methods.

    Raises:
        WireError: It wants calls of a method that is none.
    """
    names = ("queue", "task", "tag", "caller", "status", "refused", "text")
    method, project = arguments.get("method"), arguments.get("project")
    return Filter(
        methods=frozenset() if method is None else _named(method, methods),
        project=None if project is None else plain_project(project),
        **{name: arguments[name] for name in names if name in arguments},
    )


def request_text(entry: Entry) -> str:
    """The request's body as it may be shown."""
    if entry.note is not None:
        return f"({entry.note})"
    return redacted(plain_body(entry.request).decode("utf-8", "replace"))


def response_text(entry: Entry) -> str:
    """The answer's body."""
    return f"({entry.note})" if entry.note else entry.response.body.decode("utf-8", "replace")


def _texts(entry: Entry) -> Iterator[str]:
    yield redacted(entry.request.path)
    yield redacted(entry.request.query)
    yield request_text(entry)
    yield response_text(entry)


def _named(name: str, methods: frozenset[str]) -> frozenset[str]:
    """The methods that *name* means: an id, or the end of one, such as ``insert``."""
    found = frozenset(each for each in methods if f".{each}".endswith(f".{name}"))
    if not found:
        names = {each.rpartition(".")[2] for each in methods}
        meant = closest(name, [*names, *methods])
        hint = f"; {meant} may be meant" if meant else f": there are {', '.join(sorted(names))}"
        raise errors.invalid_parameter("method", f"No method is called {name[:80]!r}{hint}.")
    return found
