"""A program as ``sdk`` reads it: what each node stands for, and what is around it."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from tqsdk.migrate import syntax
from tqsdk.migrate.flow import Analysis
from tqsdk.migrate.program import Program
from tqsdk.migrate.rewrite.edits import parents
from tqsdk.migrate.values import (
    NOTHING,
    Bound,
    LocalClass,
    LocalFunction,
    Plain,
    Symbol,
    Thing,
    Values,
    kinds,
)

# What is a dict, or Google's own object, and becomes something else.
CHANGING = {"service", "collection", "request", "response", "items", "task", "stats", "batch"}


class Reading:
    """One program."""

    def __init__(self, module: cst.Module, program: Program, analysis: Analysis) -> None:
        self.module = module
        self.program = program
        self._called = {
            each.definition.origin for each in analysis.functions.values() if each.is_called
        }
        self.parents: Mapping[cst.CSTNode, cst.CSTNode] = parents(module)
        self.expressions: dict[cst.CSTNode, syntax.Expression] = {}
        for each in syntax.expressions(program.body):
            if isinstance(each.origin, cst.CSTNode):
                self.expressions[each.origin] = each

    def values(self, node: cst.CSTNode) -> Values:
        """What *node* may be."""
        expression = self.expressions.get(node)
        return self.program.values.get(id(expression), NOTHING) if expression else NOTHING

    def thing(self, node: cst.CSTNode) -> Thing | None:
        """The one thing of the API's that *node* is, or is if it is not None."""
        values = self.values(node)
        rest = values - {Plain(None)}
        found = kinds(rest, Thing)
        same_kind = {each.kind for each in found}
        if not found or len(found) != len(rest) or len(same_kind) != 1:
            return None
        if len(values) != len(rest) and not isinstance(node, cst.Attribute):
            return None  # a name that begins as None has the wrong type for a checker
        return sorted(found, key=lambda each: each.of)[0]

    def is_unclear(self, node: cst.CSTNode) -> bool:
        """Whether *node* may be something of the API's, and may be something else."""
        some = [each for each in kinds(self.values(node), Thing) if each.kind in CHANGING]
        return bool(some) and self.thing(node) is None

    def symbols(self, node: cst.CSTNode) -> set[str]:
        """The things of libraries that *node* may be."""
        return {each.path for each in kinds(self.values(node), Symbol)}

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The small or compound statement that *node* is in."""
        while not isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            node = self.parents[node]
        return node

    def is_next(self, first: cst.CSTNode, second: cst.CSTNode) -> bool:
        """Whether the statement *second* is carried out right after *first*, whenever that is."""
        lines = [self.parents[first], self.parents[second]]
        if isinstance(second, cst.BaseCompoundStatement):
            lines[1] = second
        body = self.parents[lines[0]].children
        return lines[1] in body and body.index(lines[1]) == body.index(lines[0]) + 1

    def function(self, node: cst.CSTNode) -> cst.CSTNode:
        """The function that *node* is in, or the program."""
        while not isinstance(node, cst.FunctionDef | cst.Module):
            node = self.parents[node]
        return node

    def is_condition(self, node: cst.CSTNode) -> bool:
        """Whether only the truth of *node* counts."""
        match self.parents[node]:
            case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test):
                return test is node
            case cst.UnaryOperation(operator=cst.Not()):
                return True
            case _:
                return False

    def is_at_home(self, node: cst.CSTNode, kind: str) -> bool:
        """Whether what *node* becomes can stand where it is."""
        parent = self.parents[node]
        match parent:
            case cst.Expr() | cst.NamedExpr() | cst.AssignTarget() | cst.WithItem() | cst.AsName():
                return True
            case cst.Assign():
                return True
            case cst.Return():
                # Whoever calls a function of which no call is seen may want a dict.
                function = self.function(node)
                if not isinstance(function, cst.FunctionDef) or function.returns is not None:
                    return False
                return kind in ("service", "collection") or function in self._called
            case cst.For() | cst.CompFor():
                return kind == "items" or parent.target is node
            case cst.Subscript():
                return kind == "items" and self.thing(parent) is not None
            case cst.Attribute(attr=name) if parent.value is node:
                return name.value in _ATTRIBUTES.get(kind, ())
            case cst.Arg():
                return self._is_taken(parent, kind)
            case cst.Comparison():
                return kind == "service" and _is_none(parent)
            case _:
                # An answer is true even if it has no items.
                return kind in ("items", "service", "task") and self.is_condition(node)

    def _is_taken(self, argument: cst.Arg, kind: str) -> bool:
        """Whether the function that gets *argument* can do with what it becomes."""
        call = self.parents[argument]
        assert isinstance(call, cst.Call | cst.ClassDef)
        if isinstance(call, cst.ClassDef) or argument.star:
            return False
        function = self.values(call.func)
        if function and all(
            isinstance(each, LocalFunction | LocalClass | Bound) for each in function
        ):
            return True
        names = {each.removeprefix("builtins.") for each in self.symbols(call.func)}
        return kind == "items" and bool(names) and names <= _TAKE_SEQUENCES


_ATTRIBUTES = {
    "service": ("tasks", "taskqueues", "close", "new_batch_http_request"),
    "collection": ("delete", "get", "insert", "lease", "list", "patch", "update"),
    "request": ("execute",),
}
_TAKE_SEQUENCES = {"bool", "iter", "len", "list", "reversed"}


def _is_none(comparison: cst.Comparison) -> bool:
    return all(
        isinstance(each.operator, cst.Is | cst.IsNot)
        and isinstance(each.comparator, cst.Name)
        and each.comparator.value == "None"
        for each in comparison.comparisons
    )
