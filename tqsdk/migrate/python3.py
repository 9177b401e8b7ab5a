"""The small tree of a Python 3 program, out of LibCST's, which keeps every space and comment.

Names are resolved by ``flow`` and not by LibCST's QualifiedNameProvider: that knows imports only,
and a service is seldom used where it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from tqsdk.migrate import syntax
from tqsdk.migrate.syntax import Expression, Place, Statement


class SyntaxMistake(Exception):
    """The text is no program of this generation.

    Attributes:
        line: Where that shows.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


def parse(source: str | bytes) -> tuple[cst.Module, tuple[Statement, ...]]:
    """LibCST's tree of a program and the small one, whose origins are the nodes of the first.

    Raises:
        SyntaxMistake: It is not Python 3.
        RecursionError: It is nested too deeply.
    """
    try:
        module = cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        raise SyntaxMistake(error.raw_line, error.message) from None
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return module, _Reading(positions).body(module.body)


class _Reading:
    def __init__(self, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        self._positions = positions

    def _place(self, node: cst.CSTNode) -> Place:
        start = self._positions[node].start
        return Place(start.line, start.column + 1)

    def body(self, nodes: Iterable[cst.CSTNode]) -> tuple[Statement, ...]:
        return tuple(statement for node in nodes for statement in self._statements(node))

    def _block(self, suite: cst.CSTNode | None) -> Iterable[Statement]:
        if suite is not None:
            yield syntax.Block(self._suite(suite))

    def _suite(self, suite: cst.CSTNode) -> tuple[Statement, ...]:
        return self.body(cast(Any, suite).body)

    def _statements(self, node: cst.CSTNode) -> Iterable[Statement]:
        match node:
            case cst.SimpleStatementLine() | cst.SimpleStatementSuite():
                yield from self.body(node.body)
            case cst.Import() | cst.ImportFrom():
                yield syntax.Import(self._place(node), tuple(_bound(node)), node)
            case cst.Assign():
                targets = tuple(self.expression(each.target) for each in node.targets)
                yield syntax.Assign(targets, self.expression(node.value))
            case cst.AnnAssign(value=cst.BaseExpression() as assigned):
                yield syntax.Assign((self.expression(node.target),), self.expression(assigned))
            case cst.Return(value=cst.BaseExpression() as returned):
                yield syntax.Return(self.expression(returned))
            case cst.Global() | cst.Nonlocal():
                yield syntax.Global(tuple(each.name.value for each in node.names))
            case cst.FunctionDef():
                yield self._function(node)
            case cst.ClassDef():
                bases = tuple(self.expression(each.value) for each in node.bases)
                yield syntax.Class(
                    node.name.value, bases, self._decorators(node), self._suite(node.body)
                )
            case cst.If() | cst.While():
                yield syntax.Evaluate(self.expression(node.test))
                yield from self._block(node.body)
                yield from self._after(node.orelse)
            case cst.Else() | cst.Finally():
                yield from self._block(node.body)
            case cst.For():
                yield syntax.Loop(self.expression(node.target), self.expression(node.iter))
                yield from self._block(node.body)
                yield from self._after(node.orelse)
            case cst.With():
                for item in node.items:
                    value = self.expression(item.item)
                    targets = (self.expression(item.asname.name),) if item.asname else ()
                    yield syntax.Assign(targets, value)
                yield from self._suite(node.body)
            case cst.Try() | cst.TryStar():
                handlers = tuple(map(self._handler, node.handlers))
                yield syntax.Try(self._suite(node.body), handlers)
                yield from self._after(node.orelse)
                yield from self._after(node.finalbody)
            case cst.Match():
                yield syntax.Evaluate(self.expression(node.subject))
                for case in node.cases:
                    yield from self._block(case.body)
            case _:
                for part in self._parts(node):
                    yield syntax.Evaluate(part)

    def _after(self, node: cst.CSTNode | None) -> Iterable[Statement]:
        return () if node is None else self._statements(node)

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> syntax.Catch:
        name = node.name.name if node.name else None
        return syntax.Catch(
            self.expression(node.type) if node.type else None,
            name.value if isinstance(name, cst.Name) else None,
            self._suite(node.body),
        )

    def _function(self, node: cst.FunctionDef) -> syntax.Function:
        parameters = list(_parameters(node.params))
        return syntax.Function(
            node.name.value,
            tuple(each.name.value for each in parameters),
            {
                each.name.value: self.expression(each.default)
                for each in parameters
                if each.default is not None
            },
            self._decorators(node),
            self._suite(node.body),
            node,
        )

    def _decorators(self, node: cst.FunctionDef | cst.ClassDef) -> tuple[Expression, ...]:
        return tuple(self.expression(each.decorator) for each in node.decorators)

    def expression(self, node: cst.CSTNode) -> Expression:
        make = _MAKERS.get(type(node))
        if make is not None:
            return make(self, node)
        return Expression(place=self._place(node), origin=node, parts=self._parts(node))

    def _parts(self, node: cst.CSTNode) -> tuple[Expression, ...]:
        """The expressions in a node, be they inside nodes that are none."""
        found: list[Expression] = []
        for child in node.children:
            if isinstance(child, cst.BaseExpression):
                found.append(self.expression(child))
            else:
                found.extend(self._parts(child))
        return tuple(found)

    def _name(self, node: cst.Name) -> Expression:
        known: dict[str, bool | None] = {"True": True, "False": False, "None": None}
        if node.value in known:
            value = known[node.value]
            return syntax.Constant(place=self._place(node), origin=node, value=value)
        return syntax.Name(place=self._place(node), origin=node, name=node.value)

    def _attribute(self, node: cst.Attribute) -> Expression:
        value = self.expression(node.value)
        return syntax.Attribute(place=value.place, origin=node, value=value, name=node.attr.value)

    def _item(self, node: cst.Subscript) -> Expression:
        value = self.expression(node.value)
        index = self._parts(node.slice[0])
        if len(node.slice) == 1 and len(index) == 1 and isinstance(node.slice[0].slice, cst.Index):
            return syntax.Item(place=value.place, origin=node, value=value, index=index[0])
        return Expression(place=value.place, origin=node, parts=self._parts(node))

    def _text(self, node: cst.SimpleString | cst.ConcatenatedString) -> Expression:
        value = node.evaluated_value
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        if value is None:  # an f-string is in it
            return Expression(place=self._place(node), origin=node, parts=self._parts(node))
        return syntax.Constant(place=self._place(node), origin=node, value=value)

    def _formatted(self, node: cst.FormattedString) -> Expression:
        plain = "".join(
            each.value for each in node.parts if isinstance(each, cst.FormattedStringText)
        )
        place = self._place(node)
        text = syntax.Constant(place=place, value=plain)
        return Expression(place=place, origin=node, parts=(text, *self._parts(node)))

    def _number(self, node: cst.Integer | cst.Float) -> Expression:
        value = node.evaluated_value
        return syntax.Constant(place=self._place(node), origin=node, value=value)

    def _sum(self, node: cst.BinaryOperation) -> Expression:
        parts = self._parts(node)
        texts = [each.value for each in parts if isinstance(each, syntax.Constant)]
        if isinstance(node.operator, cst.Add) and len(texts) == 2:
            left, right = texts
            if isinstance(left, str) and isinstance(right, str):
                return syntax.Constant(place=self._place(node), origin=node, value=left + right)
        return Expression(place=self._place(node), origin=node, parts=parts)

    def _call(self, node: cst.Call) -> Expression:
        function = self.expression(node.func)
        positional: list[Expression] = []
        keywords: dict[str, Expression] = {}
        parts: list[Expression] = []
        for argument in node.args:
            value = self.expression(argument.value)
            if argument.star:
                parts.append(value)
            elif argument.keyword is not None:
                keywords[argument.keyword.value] = value
            else:
                positional.append(value)
        return syntax.Call(
            place=function.place,
            origin=node,
            parts=tuple(parts),
            function=function,
            positional=tuple(positional),
            keywords=keywords,
            unpacked=bool(parts),
        )

    def _record(self, node: cst.Dict) -> Expression:
        members: dict[str, Expression] = {}
        parts: list[Expression] = []
        for each in node.elements:
            value = self.expression(each.value)
            key = self.expression(each.key) if isinstance(each, cst.DictElement) else None
            if isinstance(key, syntax.Constant) and isinstance(key.value, str):
                members[key.value] = value
            else:
                parts.extend([key, value] if key else [value])
        return syntax.Record(
            place=self._place(node), origin=node, parts=tuple(parts), members=members
        )

    def _choice(self, node: cst.BooleanOperation | cst.IfExp) -> Expression:
        return syntax.Choice(place=self._place(node), origin=node, parts=self._parts(node))

    def _sequence(self, node: cst.List | cst.Tuple | cst.Set) -> Expression:
        return syntax.Sequence(place=self._place(node), origin=node, parts=self._parts(node))

    def _lambda(self, node: cst.Lambda) -> Expression:
        return syntax.Lambda(
            place=self._place(node),
            origin=node,
            parameters=tuple(each.name.value for each in _parameters(node.params)),
            body=self.expression(node.body),
        )

    def _comprehension(
        self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp
    ) -> Expression:
        loops: list[syntax.Loop] = []
        conditions: list[Expression] = []
        inner: cst.CompFor | None = node.for_in
        while inner is not None:
            loops.append(syntax.Loop(self.expression(inner.target), self.expression(inner.iter)))
            conditions.extend(self.expression(each.test) for each in inner.ifs)
            inner = inner.inner_for_in
        made = [node.key, node.value] if isinstance(node, cst.DictComp) else [node.elt]
        return syntax.Comprehension(
            place=self._place(node),
            origin=node,
            loops=tuple(loops),
            parts=(*map(self.expression, made), *conditions),
        )

    def _named(self, node: cst.NamedExpr) -> Expression:
        return syntax.Named(
            place=self._place(node),
            origin=node,
            target=self.expression(node.target),
            value=self.expression(node.value),
        )


_MAKERS: dict[type[cst.CSTNode], Callable[[_Reading, Any], Expression]] = {
    cst.Attribute: _Reading._attribute,
    cst.BinaryOperation: _Reading._sum,
    cst.BooleanOperation: _Reading._choice,
    cst.Call: _Reading._call,
    cst.ConcatenatedString: _Reading._text,
    cst.Dict: _Reading._record,
    cst.DictComp: _Reading._comprehension,
    cst.Float: _Reading._number,
    cst.FormattedString: _Reading._formatted,
    cst.GeneratorExp: _Reading._comprehension,
    cst.IfExp: _Reading._choice,
    cst.Integer: _Reading._number,
    cst.Lambda: _Reading._lambda,
    cst.List: _Reading._sequence,
    cst.ListComp: _Reading._comprehension,
    cst.Name: _Reading._name,
    cst.NamedExpr: _Reading._named,
    cst.Set: _Reading._sequence,
    cst.SetComp: _Reading._comprehension,
    cst.SimpleString: _Reading._text,
    cst.Subscript: _Reading._item,
    cst.Tuple: _Reading._sequence,
}


def _parameters(node: cst.Parameters) -> Iterable[cst.Param]:
    yield from node.posonly_params
    yield from node.params
    yield from node.kwonly_params
    for rest in (node.star_arg, node.star_kwarg):
        if isinstance(rest, cst.Param):
            yield rest


def _bound(node: cst.Import | cst.ImportFrom) -> Iterable[tuple[str, str]]:
    if isinstance(node, cst.Import):
        for each in node.names:
            whole = each.evaluated_name
            bound = each.evaluated_alias
            yield (bound, whole) if bound else (whole.split(".")[0], whole.split(".")[0])
        return
    above = "." * len(node.relative)
    module = above + (_dotted(node.module) if node.module else "")
    if isinstance(node.names, cst.ImportStar):
        yield "*", module
        return
    between = "" if module.endswith(".") else "."
    names: Sequence[cst.ImportAlias] = node.names
    for each in names:
        name = each.evaluated_name
        yield each.evaluated_alias or name, f"{module}{between}{name}"


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return cast(cst.Name, node).value
