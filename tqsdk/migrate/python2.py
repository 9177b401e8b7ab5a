"""The small tree of a Python 2 program, out of tree-sitter's, which reads both generations.

No other parser that is still looked after reads ``print x`` and ``except X, e``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from ast_grep_py import SgNode, SgRoot

from tqsdk.migrate import syntax
from tqsdk.migrate.syntax import Expression, Place, Statement


def parse(source: str) -> tuple[tuple[Statement, ...], int | None]:
    """The tree of a program, and the first line that is no Python of any generation.

    Raises:
        RecursionError: It is nested too deeply.
    """
    root = SgRoot(source, "python").root()
    body: list[Statement] = []
    wrong = [each.range().start.line + 1 for each in [root.find(kind="ERROR")] if each]
    for child in _named(root):
        try:
            body.extend(_statements(child))
        except (_Incomplete, ValueError):  # where a mistake is, parts are missing
            wrong.append(child.range().start.line + 1)
    return tuple(body), min(wrong, default=None)


class _Incomplete(Exception):
    """A node lacks what it has in a program without mistakes."""


def _place(node: SgNode) -> Place:
    start = node.range().start
    return Place(start.line + 1, start.column + 1)


def _named(node: SgNode) -> list[SgNode]:
    return [each for each in node.children() if each.is_named() and each.kind() != "comment"]


def _body(node: SgNode | None) -> tuple[Statement, ...]:
    if node is None:
        return ()
    return tuple(statement for child in _named(node) for statement in _statements(child))


def _field(node: SgNode, name: str) -> SgNode:
    found = node.field(name)
    if found is None:
        raise _Incomplete
    return found


def _statements(node: SgNode) -> Iterable[Statement]:
    match node.kind():
        case "import_statement" | "import_from_statement":
            yield syntax.Import(_place(node), tuple(_bound(node)))
        case "expression_statement":
            for child in _named(node):
                yield from _simple(child)
        case "return_statement":
            for child in _named(node):
                yield syntax.Return(_expression(child))
        case "global_statement":
            yield syntax.Global(tuple(each.text() for each in _named(node)))
        case "function_definition":
            yield _function(node, ())
        case "class_definition":
            yield _class(node, ())
        case "decorated_definition":
            decorators = tuple(
                _expression(part)
                for each in _named(node)
                if each.kind() == "decorator"
                for part in _named(each)
            )
            inner = _field(node, "definition")
            make = _class if inner.kind() == "class_definition" else _function
            yield make(inner, decorators)
        case "for_statement":
            yield syntax.Loop(_expression(_field(node, "left")), _expression(_field(node, "right")))
            yield syntax.Block(_body(node.field("body")))
            yield from _clauses(node)
        case "with_statement":
            for clause in _named(node):
                for item in _named(clause) if clause.kind() == "with_clause" else []:
                    yield from _with(_field(item, "value"))
            yield from _body(node.field("body"))
        case "try_statement":
            handlers = [each for each in _named(node) if each.kind() == "except_clause"]
            yield syntax.Try(_body(node.field("body")), tuple(map(_handler, handlers)))
            yield from _clauses(node)
        case _:
            for child in _named(node):
                if child.kind() == "block":
                    yield syntax.Block(_body(child))
                elif child.kind().endswith("_clause"):
                    yield from _statements(child)
                else:
                    yield syntax.Evaluate(_expression(child))


def _clauses(node: SgNode) -> Iterable[Statement]:
    for child in _named(node):
        if child.kind() in ("else_clause", "finally_clause"):
            yield from _statements(child)


def _simple(node: SgNode) -> Iterable[Statement]:
    right = node.field("right") if node.kind() == "assignment" else None
    if right is None:
        yield syntax.Evaluate(_expression(node))
        return
    targets = [_field(node, "left")]
    while right.kind() == "assignment":
        targets.append(_field(right, "left"))
        right = _field(right, "right")
    yield syntax.Assign(tuple(map(_expression, targets)), _expression(right))


def _with(node: SgNode) -> Iterable[Statement]:
    if node.kind() != "as_pattern":
        yield syntax.Evaluate(_expression(node))
        return
    value, target = _named(node)
    yield syntax.Assign(tuple(map(_expression, _named(target))), _expression(value))


def _handler(node: SgNode) -> syntax.Catch:
    *heads, block = _named(node)
    if heads and heads[0].kind() == "as_pattern":
        heads = [_named(heads[0])[0], *_named(_named(heads[0])[1])]
    kinds = _expression(heads[0]) if heads else None
    return syntax.Catch(kinds, heads[1].text() if len(heads) > 1 else None, _body(block))


def _function(node: SgNode, decorators: tuple[Expression, ...]) -> syntax.Function:
    names: list[str] = []
    defaults: dict[str, Expression] = {}
    for each in _named(_field(node, "parameters")):
        name = each.field("name") or next(iter(_named(each)), each)
        names.append(name.text())
        if (default := each.field("value")) is not None:
            defaults[name.text()] = _expression(default)
    body = _body(node.field("body"))
    return syntax.Function(_field(node, "name").text(), tuple(names), defaults, decorators, body)


def _class(node: SgNode, decorators: tuple[Expression, ...]) -> syntax.Class:
    bases = node.field("superclasses")
    return syntax.Class(
        _field(node, "name").text(),
        tuple(map(_expression, _named(bases))) if bases else (),
        decorators,
        _body(node.field("body")),
    )


def _expression(node: SgNode) -> Expression:
    make = _MAKERS.get(node.kind())
    return make(node) if make is not None else _other(node)


def _other(node: SgNode) -> Expression:
    return Expression(place=_place(node), parts=_parts(node))


def _parts(node: SgNode) -> tuple[Expression, ...]:
    return tuple(map(_expression, _named(node)))


def _name(node: SgNode) -> Expression:
    return syntax.Name(place=_place(node), name=node.text())


def _attribute(node: SgNode) -> Expression:
    value = _expression(_field(node, "object"))
    name = _field(node, "attribute").text()
    return syntax.Attribute(place=value.place, value=value, name=name)


def _item(node: SgNode) -> Expression:
    value, *index = _parts(node)
    if len(index) != 1:
        return Expression(place=value.place, parts=(value, *index))
    return syntax.Item(place=value.place, value=value, index=index[0])


def _text(node: SgNode) -> Expression:
    strings = [node] if node.kind() == "string" else _named(node)
    plain = "".join(
        part.text() for each in strings for part in _named(each) if part.kind() == "string_content"
    )
    return syntax.Constant(place=_place(node), value=plain)


def _number(node: SgNode) -> Expression:
    try:
        value = ast.literal_eval(node.text().rstrip("lL"))
    except (SyntaxError, ValueError):  # 0777
        value = int(node.text().rstrip("lL"), 8)
    return syntax.Constant(place=_place(node), value=value)


def _word(node: SgNode) -> Expression:
    value = {"true": True, "false": False}.get(node.kind())
    return syntax.Constant(place=_place(node), value=value)


def _sum(node: SgNode) -> Expression:
    parts = _parts(node)
    texts = [each.value for each in parts if isinstance(each, syntax.Constant)]
    plus = node.field("operator")
    if plus is not None and plus.text() == "+" and len(texts) == 2:
        left, right = texts
        if isinstance(left, str) and isinstance(right, str):
            return syntax.Constant(place=_place(node), value=left + right)
    return Expression(place=_place(node), parts=parts)


def _call(node: SgNode) -> Expression:
    function = _expression(_field(node, "function"))
    arguments = _field(node, "arguments")
    if arguments.kind() != "argument_list":  # a generator is the only argument
        return syntax.Call(
            place=function.place, function=function, positional=(_expression(arguments),)
        )
    positional: list[Expression] = []
    keywords: dict[str, Expression] = {}
    parts: list[Expression] = []
    for each in _named(arguments):
        if each.kind() == "keyword_argument":
            keywords[_field(each, "name").text()] = _expression(_field(each, "value"))
        elif each.kind() in ("list_splat", "dictionary_splat"):
            parts.extend(_parts(each))
        else:
            positional.append(_expression(each))
    return syntax.Call(
        place=function.place,
        parts=tuple(parts),
        function=function,
        positional=tuple(positional),
        keywords=keywords,
        unpacked=bool(parts),
    )


def _record(node: SgNode) -> Expression:
    members: dict[str, Expression] = {}
    parts: list[Expression] = []
    for each in _named(node):
        if each.kind() != "pair":
            parts.extend(_parts(each))
            continue
        key, value = _parts(each)
        if isinstance(key, syntax.Constant) and isinstance(key.value, str):
            members[key.value] = value
        else:
            parts.extend((key, value))
    return syntax.Record(place=_place(node), parts=tuple(parts), members=members)


def _choice(node: SgNode) -> Expression:
    return syntax.Choice(place=_place(node), parts=_parts(node))


def _sequence(node: SgNode) -> Expression:
    return syntax.Sequence(place=_place(node), parts=_parts(node))


def _lambda(node: SgNode) -> Expression:
    parameters = node.field("parameters")
    names = [each.text() for each in _named(parameters)] if parameters else []
    body = _expression(_field(node, "body"))
    return syntax.Lambda(place=_place(node), parameters=tuple(names), body=body)


def _comprehension(node: SgNode) -> Expression:
    loops = tuple(
        syntax.Loop(_expression(_field(each, "left")), _expression(_field(each, "right")))
        for each in _named(node)
        if each.kind() == "for_in_clause"
    )
    made = [each for each in _named(node) if each.kind() != "for_in_clause"]
    parts = tuple(map(_expression, made))
    return syntax.Comprehension(place=_place(node), loops=loops, parts=parts)


def _parenthesized(node: SgNode) -> Expression:
    parts = _named(node)
    return _expression(parts[0]) if len(parts) == 1 else _sequence(node)


_MAKERS: dict[str, Callable[[SgNode], Expression]] = {
    "attribute": _attribute,
    "binary_operator": _sum,
    "boolean_operator": _choice,
    "call": _call,
    "concatenated_string": _text,
    "conditional_expression": _choice,
    "dictionary": _record,
    "dictionary_comprehension": _comprehension,
    "expression_list": _sequence,
    "false": _word,
    "float": _number,
    "generator_expression": _comprehension,
    "identifier": _name,
    "integer": _number,
    "lambda": _lambda,
    "list": _sequence,
    "list_comprehension": _comprehension,
    "none": _word,
    "parenthesized_expression": _parenthesized,
    "pattern_list": _sequence,
    "set": _sequence,
    "set_comprehension": _comprehension,
    "string": _text,
    "subscript": _item,
    "true": _word,
    "tuple": _sequence,
}


def _bound(node: SgNode) -> Iterable[tuple[str, str]]:
    """As ``python3``'s: the names, and what they stand for."""
    if node.kind() == "import_statement":
        for each in _named(node):
            if each.kind() == "aliased_import":
                yield _field(each, "alias").text(), _field(each, "name").text()
            else:
                yield each.text().split(".")[0], each.text().split(".")[0]
        return
    module = _field(node, "module_name")
    between = "" if module.text().endswith(".") else "."
    for each in _named(node):
        if each.kind() == "wildcard_import":
            yield "*", module.text()
        elif each.range().start.index == module.range().start.index:
            continue
        elif each.kind() == "aliased_import":
            name = _field(each, "name").text()
            yield _field(each, "alias").text(), f"{module.text()}{between}{name}"
        else:
            yield each.text(), f"{module.text()}{between}{each.text()}"
