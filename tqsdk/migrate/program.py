"""A program as it is analysed, and what a library has to tell of its things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tqsdk.migrate import syntax
from tqsdk.migrate.syntax import Expression, Statement
from tqsdk.migrate.values import Scope, Thing, Values

if TYPE_CHECKING:
    from tqsdk.migrate.look import Look

Condition = Callable[["Program"], bool]


def always(_: Program) -> bool:
    """The condition of what is certain."""
    return True


@dataclass(frozen=True, slots=True)
class Sighting:
    """A use of the API, if *condition* holds when all is known.

    Attributes:
        is_ours: Whether it is a use by way of ``tqsdk.compat``: nothing to be found, but something
            that can be rewritten.
    """

    rule: str
    expression: Expression | syntax.Import
    traits: frozenset[str]
    condition: Condition
    is_ours: bool


@dataclass(eq=False, slots=True)
class Program:
    """One file.

    Attributes:
        name: Dotted, by its whole path: ``home.me.app.services``.
        facts: What is certain of the file: ``rest``, ``pull`` ...
        values: What each expression may be, by its id; filled in the last round.
    """

    name: str
    body: tuple[Statement, ...]
    is_package: bool = False
    scope: Scope = field(default_factory=Scope)
    facts: set[str] = field(default_factory=set[str])
    sightings: list[Sighting] = field(default_factory=list[Sighting])
    values: dict[int, Values] = field(default_factory=dict[int, Values])


@dataclass(eq=False, slots=True)
class Knowledge:
    """What is known of all programs together.

    Attributes:
        pull: The names of queues that are certainly pull queues.
        push: Of those that certainly are none.
    """

    pull: set[str] = field(default_factory=set[str])
    push: set[str] = field(default_factory=set[str])


class Library(Protocol):
    """What is known of a library of Google's: None from a method means that it knows nothing."""

    def attribute(self, of: Thing, name: str) -> Values | None:
        """``thing.name``."""
        ...

    def item(self, of: Thing, key: str | None) -> Values | None:
        """``thing["key"]``; None for any other key."""
        ...

    def iterated(self, of: Thing) -> Values | None:
        """What a loop over the thing gives."""
        ...

    def called(self, look: Look, function: Values, call: syntax.Call) -> Values | None:
        """What *call* gives, whose function may be *function*."""
        ...

    def read(self, look: Look, item: Expression, of: Values, key: str) -> None:
        """Something is read, or looked for, by the text *key*."""
        ...

    def caught(self, look: Look, catch: syntax.Catch, kind: Values, uses: bool) -> None:
        """An exception is caught, around a use of the API if *uses*."""
        ...

    def imported(self, look: Look, statement: syntax.Import, path: str) -> None:
        """*path* is imported."""
        ...

    def text(self, look: Look, constant: syntax.Constant) -> None:
        """A text is in the program, and no docstring."""
        ...
