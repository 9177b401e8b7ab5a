"""Changes to a program's tree: nodes in place of others, and notes above statements.

What is not named in the changes stays as it is, to the last space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import cast

import libcst as cst

from tqsdk.migrate.rules import RULES

Import = cst.Import | cst.ImportFrom
_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(eq=False, slots=True)
class Edits:
    """What is to be changed; nodes are those of the tree as it was parsed.

    Attributes:
        replaced: Expressions, by what stands in their place. It may contain nodes of the tree as
            it was, which are changed in their turn.
        rewritten: Small statements, likewise.
        imports: Import statements, by those that stand in their place.
        first: Import statements for a program that begins with none.
        removed: Statements that go.
        notes: Expressions and imports above whose statement a note is to stand: a rule, and why.
        moved: Comments that go above the statement of an expression.
    """

    replaced: dict[cst.CSTNode, cst.BaseExpression] = field(
        default_factory=dict[cst.CSTNode, cst.BaseExpression]
    )
    rewritten: dict[cst.CSTNode, cst.BaseSmallStatement] = field(
        default_factory=dict[cst.CSTNode, cst.BaseSmallStatement]
    )
    imports: dict[cst.CSTNode, list[Import]] = field(
        default_factory=dict[cst.CSTNode, list[Import]]
    )
    first: list[Import] = field(default_factory=list[Import])
    removed: set[cst.CSTNode] = field(default_factory=set[cst.CSTNode])
    notes: dict[cst.CSTNode, list[tuple[str, str]]] = field(
        default_factory=dict[cst.CSTNode, list[tuple[str, str]]]
    )
    moved: dict[cst.CSTNode, list[str]] = field(default_factory=dict[cst.CSTNode, list[str]])

    def note(self, node: cst.CSTNode, rule: str, reason: str = "") -> None:
        """Have a note above the statement that *node* is in."""
        self.notes.setdefault(node, []).append((rule, reason))

    def apply(self, module: cst.Module) -> cst.Module:
        """The changed tree."""
        changed = module.visit(_Editor(self, module))
        return _begun_with(changed, self.first) if self.first else changed


def parents(module: cst.Module) -> Mapping[cst.CSTNode, cst.CSTNode]:
    """Each node's parent."""
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        for child in node.children:
            found[child] = node
            waiting.append(child)
    return found


class _Editor(cst.CSTTransformer):
    def __init__(self, edits: Edits, module: cst.Module | None = None) -> None:
        self._edits = edits
        self._module = module
        self._above: list[list[str]] = []  # what goes above each statement that is being visited
        self._dropped: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self._above.append([])
        for rule, reason in self._edits.notes.get(node, ()):
            self._above[-1].append(f"# {rule}: {reason or _title(rule)}")
        if node in self._edits.moved:
            self._above[-1].extend(self._edits.moved[node])
        return True

    def on_leave(  # type: ignore[override]  # what stands in a node's place may be of another kind
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        edits = self._edits
        if original_node in edits.replaced:
            return self._changed(original_node, edits.replaced[original_node])
        if original_node in edits.rewritten:
            return self._changed(original_node, edits.rewritten[original_node])
        if isinstance(original_node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            return self._statement(original_node, cast(_Statement, updated_node))
        if isinstance(updated_node, cst.IndentedBlock | cst.Module):
            return self._block(updated_node)
        return updated_node

    def _statement(
        self, original: _Statement, updated: _Statement
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]:
        above = dict.fromkeys(self._above.pop())
        for line in self._lines_above(original):
            above.pop(line.comment.value if line.comment else "", None)
        if above:
            added = [cst.EmptyLine(comment=cst.Comment(each)) for each in above]
            updated = updated.with_changes(leading_lines=[*updated.leading_lines, *added])
        if isinstance(original, cst.SimpleStatementLine):
            if original.body and all(each in self._edits.removed for each in original.body):
                self._dropped.add(updated)
            elif original.body[0] in self._edits.imports:
                return self._imports(original, cast(cst.SimpleStatementLine, updated))
        return updated

    def _lines_above(self, statement: _Statement) -> Sequence[cst.EmptyLine]:
        """The lines above a statement; LibCST has those above the first in the program's header."""
        if self._module is not None and self._module.body[0] is statement:
            return [*self._module.header, *statement.leading_lines]
        return statement.leading_lines

    def _block(self, block: cst.IndentedBlock | cst.Module) -> cst.CSTNode:
        """Without what is removed; the empty lines and comments above that stay."""
        if not self._dropped.intersection(block.body):
            return block
        kept: list[cst.BaseStatement] = []
        lines: list[cst.EmptyLine] = []
        for each in block.body:
            lines = _joined(lines, cast(_Statement, each).leading_lines)
            if each not in self._dropped:
                kept.append(each.with_changes(leading_lines=lines))
                lines = []
        if kept and isinstance(block, cst.Module) and not block.header:
            first = cast(_Statement, kept[0])
            text = list(dropwhile(_is_blank, first.leading_lines))
            kept[0] = first.with_changes(leading_lines=text)
        empty = cst.SimpleStatementLine([cst.Pass()], leading_lines=lines)
        return block.with_changes(body=kept or [empty])

    def _changed(self, original: cst.CSTNode, instead: cst.CSTNode) -> cst.CSTNode:
        """*instead*, with what was in the tree before changed, too.

        Brackets stay; comments that have no place any more go above the statement.
        """
        inner = Edits(
            replaced={
                each: new for each, new in self._edits.replaced.items() if each is not original
            }
        )
        changed = cast(cst.CSTNode, instead.visit(_Editor(inner)))
        if self._above:
            there = comments_in(changed)
            self._above[-1] += [each for each in comments_in(original) if each not in there]
        brackets = getattr(original, "lpar", ())
        if brackets and not getattr(changed, "lpar", ()):
            return changed.with_changes(lpar=brackets, rpar=cast(cst.Name, original).rpar)
        return changed

    def _imports(
        self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine
    ) -> cst.FlattenSentinel[cst.CSTNode] | cst.CSTNode:
        first, *others = self._edits.imports[original.body[0]]
        line = updated.with_changes(body=[first, *updated.body[1:]])
        return cst.FlattenSentinel([line, *(cst.SimpleStatementLine([each]) for each in others)])


def _title(rule: str) -> str:
    return f"{RULES[rule].title}: {RULES[rule].advice}"


def _begun_with(module: cst.Module, statements: Sequence[Import]) -> cst.Module:
    """*module* with *statements* before all but its docstring."""
    lines = [cst.SimpleStatementLine([each]) for each in statements]
    number = 0 if module.get_docstring() is None else 1
    return module.with_changes(body=[*module.body[:number], *lines, *module.body[number:]])


def _joined(above: Sequence[cst.EmptyLine], below: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines above what is removed and those below it; empty ones are not added up."""
    if all(map(_is_blank, above)):
        blank = len(below) - len(list(dropwhile(_is_blank, below)))
        return [*above[blank:], *below]
    return [*above, *below]


def _is_blank(line: cst.EmptyLine) -> bool:
    return line.comment is None


def comments_in(node: cst.CSTNode) -> list[str]:
    """The comments inside *node*, in their order."""
    found: list[str] = []
    waiting: list[cst.CSTNode] = [node]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, cst.Comment):
            found.append(each.value)
        waiting[:0] = each.children
    return found
