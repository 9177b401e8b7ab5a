"""What an expression may stand for, as far as that matters here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tqsdk.migrate import syntax
    from tqsdk.migrate.program import Program

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something of a library that is not scanned.

    Attributes:
        path: Such as ``googleapiclient.discovery.build``.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A text, a number or a truth value."""

    value: str | int | float | None


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of the API.

    Attributes:
        kind: ``service``, ``request``, ``task`` ...; ``foreign`` for what is another API's.
        of: Which: ``tasks.lease`` of a request, the name of a queue.
        by: Who made it: ``google``, ``compat``, ``appengine``.
    """

    kind: str
    of: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Returning:
    """A function about which only its result is known."""

    values: Values


@dataclass(eq=False, slots=True)
class Kept:
    """A dict, a list or an object, by what has been put into it.

    Attributes:
        members: By text or attribute; a list has all in ``""``.
    """

    members: dict[str, Values] = field(default_factory=dict[str, "Values"])


@dataclass(eq=False, slots=True)
class LocalFunction:
    """A function of a scanned program.

    Attributes:
        given: What its parameters have been seen to be.
        returned: What it has been seen to return.
        owner: The class whose method it is.
        is_called: Whether a call of it has been seen.
    """

    definition: syntax.Function
    scope: Scope
    owner: LocalClass | None
    given: dict[str, Values] = field(default_factory=dict[str, "Values"])
    returned: Values = frozenset()
    is_property: bool = False
    is_called: bool = False


@dataclass(eq=False, slots=True)
class LocalClass:
    """A class of a scanned program; its objects are one."""

    definition: syntax.Class
    bases: Values = frozenset()
    members: dict[str, Values] = field(default_factory=dict[str, "Values"])


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class."""

    of: LocalClass


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of an object."""

    function: LocalFunction


@dataclass(frozen=True, slots=True)
class Module:
    """Another scanned program, imported."""

    program: Program


Value = (
    Symbol
    | Plain
    | Thing
    | Returning
    | Kept
    | LocalFunction
    | LocalClass
    | Instance
    | Bound
    | Module
)
Values = frozenset[Value]

NOTHING: Values = frozenset()
FOREIGN: Values = frozenset({Thing("foreign")})


@dataclass(eq=False, slots=True)
class Scope:
    """Names, and where to look for those that are not here."""

    above: Scope | None = None
    names: dict[str, Values] = field(default_factory=dict[str, "Values"])
    globals: set[str] = field(default_factory=set[str])
    function: LocalFunction | None = None
    owner: LocalClass | None = None

    def read(self, name: str) -> Values | None:
        """What *name* may be; None if no scope has it."""
        scope: Scope | None = self
        while scope is not None:
            # A class's names are not seen by its methods.
            if name in scope.names and (scope is self or scope.owner is None):
                return scope.names[name]
            scope = scope.above
        return None

    def where(self, name: str) -> Scope:
        """The scope that an assignment to *name* goes to."""
        scope = self
        if name in self.globals:
            while scope.above is not None:
                scope = scope.above
        return scope


def joined(several: Iterable[Values]) -> Values:
    return frozenset[Value]().union(*several)


def kinds(values: Values, kind: type[T]) -> list[T]:
    """Those of *values* that are of *kind*."""
    return [each for each in values if isinstance(each, kind)]


def texts(values: Values) -> list[str]:
    """Those that are texts."""
    return [each.value for each in kinds(values, Plain) if isinstance(each.value, str)]


def things(values: Values, *names: str) -> list[Thing]:
    """Those that are things of these kinds."""
    return [each for each in kinds(values, Thing) if each.kind in names]
