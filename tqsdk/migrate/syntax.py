"""A small tree of a Python program: as much as is needed to follow values, and no more.

``python3`` and ``python2`` make it, so that there is one analysis for both generations. Control
flow is not kept, but which statements may be left out is: they are in a ``Block``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where something begins.

    Attributes:
        line: From 1.
        column: From 1, in characters.
    """

    line: int
    column: int


@dataclass(eq=False, slots=True, kw_only=True)
class Expression:
    """Any expression; of those that have no class of their own, the parts.

    Attributes:
        origin: The node of the parser that it was made from.
    """

    place: Place
    origin: object = None
    parts: tuple[Expression, ...] = ()


@dataclass(eq=False, slots=True, kw_only=True)
class Name(Expression):
    """A name that is read, or assigned to."""

    name: str


@dataclass(eq=False, slots=True, kw_only=True)
class Attribute(Expression):
    """``value.name``."""

    value: Expression
    name: str


@dataclass(eq=False, slots=True, kw_only=True)
class Item(Expression):
    """``value[index]``."""

    value: Expression
    index: Expression


@dataclass(eq=False, slots=True, kw_only=True)
class Constant(Expression):
    """A text, a number, a truth value or None; of an f-string, what it has of plain text."""

    value: str | int | float | None


@dataclass(eq=False, slots=True, kw_only=True)
class Record(Expression):
    """``{"name": value}``; members without such a name are parts."""

    members: dict[str, Expression]


@dataclass(eq=False, slots=True, kw_only=True)
class Call(Expression):
    """A call.

    Attributes:
        positional: Without those after a ``*``, which are parts.
        unpacked: Whether there may be more arguments than can be seen: ``*args`` or ``**options``.
    """

    function: Expression
    positional: tuple[Expression, ...] = ()
    keywords: dict[str, Expression] = field(default_factory=dict[str, Expression])
    unpacked: bool = False


@dataclass(eq=False, slots=True, kw_only=True)
class Choice(Expression):
    """One of its parts: ``a or b``, ``a if x else b``."""


@dataclass(eq=False, slots=True, kw_only=True)
class Sequence(Expression):
    """A list, a tuple or a set of its parts."""


@dataclass(eq=False, slots=True, kw_only=True)
class Lambda(Expression):
    """A function without a name; its body is what it returns."""

    parameters: tuple[str, ...]
    body: Expression


@dataclass(eq=False, slots=True, kw_only=True)
class Comprehension(Expression):
    """The parts for each of what its loops bind."""

    loops: tuple[Loop, ...]


@dataclass(eq=False, slots=True, kw_only=True)
class Named(Expression):
    """``target := value``."""

    target: Expression
    value: Expression


@dataclass(eq=False, slots=True)
class Loop:
    """``for target in iterable``."""

    target: Expression
    iterable: Expression


@dataclass(eq=False, slots=True)
class Import:
    """What an import binds.

    Attributes:
        names: The name bound, such as ``build``, and what it stands for, such as
            ``googleapiclient.discovery.build``. A ``*`` is bound as such. Relative modules begin
            with their dots.
    """

    place: Place
    names: tuple[tuple[str, str], ...]
    origin: object = None


@dataclass(eq=False, slots=True)
class Assign:
    """``target = value``, once for each target."""

    targets: tuple[Expression, ...]
    value: Expression


@dataclass(eq=False, slots=True)
class Evaluate:
    """An expression that is evaluated for itself, or is part of another statement."""

    value: Expression


@dataclass(eq=False, slots=True)
class Return:
    """``return value``, or ``yield``."""

    value: Expression


@dataclass(eq=False, slots=True)
class Global:
    """``global name``."""

    names: tuple[str, ...]


@dataclass(eq=False, slots=True)
class Block:
    """Statements that may be carried out or not, or again."""

    body: tuple[Statement, ...]


@dataclass(eq=False, slots=True)
class Catch:
    """``except kinds as name``."""

    kinds: Expression | None
    name: str | None
    body: tuple[Statement, ...]


@dataclass(eq=False, slots=True)
class Try:
    """``try`` with its handlers; ``else`` and ``finally`` come after it as blocks."""

    body: tuple[Statement, ...]
    handlers: tuple[Catch, ...]


@dataclass(eq=False, slots=True)
class Function:
    """``def name``.

    Attributes:
        defaults: Of parameters that have one.
    """

    name: str
    parameters: tuple[str, ...]
    defaults: dict[str, Expression]
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]
    origin: object = None


@dataclass(eq=False, slots=True)
class Class:
    """``class name``."""

    name: str
    bases: tuple[Expression, ...]
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]


Statement = Loop | Import | Assign | Evaluate | Return | Global | Block | Try | Function | Class


def attribute_path(expression: Expression) -> str | None:
    """``a.b.c`` for what is only names and dots, else None."""
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Attribute):
        above = attribute_path(expression.value)
        return None if above is None else f"{above}.{expression.name}"
    return None


def inside(expression: Expression) -> Iterator[Expression]:
    """What an expression is made of, one level down."""
    yield from expression.parts
    match expression:
        case Attribute(value=value):
            yield value
        case Item(value=value, index=index):
            yield value
            yield index
        case Record(members=members):
            yield from members.values()
        case Call(function=function, positional=positional, keywords=keywords):
            yield function
            yield from positional
            yield from keywords.values()
        case Named(target=target, value=value):
            yield target
            yield value
        case Lambda(body=body):
            yield body
        case Comprehension(loops=loops):
            for loop in loops:
                yield loop.target
                yield loop.iterable
        case _:
            return


def expressions(body: tuple[Statement, ...]) -> Iterator[Expression]:
    """Every expression of a program, those inside others too."""
    waiting: list[Statement | Expression] = list(reversed(body))
    while waiting:
        each = waiting.pop()
        if isinstance(each, Expression):
            yield each
            waiting.extend(inside(each))
        else:
            waiting.extend(_directly_in(each))


def _directly_in(statement: Statement) -> Iterator[Statement | Expression]:
    match statement:
        case Assign(targets, value):
            yield from targets
            yield value
        case Evaluate(value) | Return(value):
            yield value
        case Loop(target, iterable):
            yield target
            yield iterable
        case Block(body):
            yield from body
        case Try(body, handlers):
            yield from body
            for each in handlers:
                yield from [each.kinds] if each.kinds else []
                yield from each.body
        case Function(defaults=defaults, decorators=decorators, body=body):
            yield from defaults.values()
            yield from decorators
            yield from body
        case Class(bases=bases, decorators=decorators, body=body):
            yield from bases
            yield from decorators
            yield from body
        case _:
            return
