"""Imports of Google's client, turned into ours where they serve nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from tqsdk.migrate.rewrite.edits import Edits, Import

# Where there is a ``build``, and what has these modules.
_DISCOVERY = (
    "googleapiclient.discovery",
    "apiclient.discovery",
    "tqsdk.compat.googleapi",
    "tqsdk.compat.discovery",
)
_ABOVE = ("googleapiclient", "apiclient", "tqsdk.compat")


@dataclass(frozen=True, slots=True)
class Source:
    """The import by which a program gets at Google's ``build``.

    Attributes:
        name: What it binds.
        kind: ``function``, ``module``, or ``dotted`` for ``import googleapiclient.discovery``.
        only_ours: Whether it serves nothing but services of this API.
    """

    statement: Import
    alias: cst.ImportAlias
    name: str
    kind: str
    only_ours: bool


def source(module: cst.Module, builds: Sequence[cst.BaseExpression]) -> Source | None:
    """The one import at the top level that *builds*, which stand for ``build``, begin with."""
    roots = {dotted(each).split(".")[0] for each in builds}
    bound = [(each, alias) for each in imports_of(module) for alias in _aliases(each)]
    found = [(each, alias) for each, alias in bound if roots == {_name(alias)}]
    if len(found) != 1 or not _is_google(*found[0]):
        return None
    statement, alias = found[0]
    name = _name(alias)
    if isinstance(statement, cst.Import) and alias.asname is None:
        kind = "dotted"
    elif isinstance(statement, cst.Import) or alias.evaluated_name != "build":
        kind = "module"
    else:
        kind = "function"
    return Source(statement, alias, name, kind, len(uses(module, name)) == len(builds))


def put(edits: Edits, module: cst.Module, of: Source | None, new: Import) -> None:
    """Import *new*: in the place of what serves only ours, else after the first imports."""
    if of is not None and of.only_ours:
        edits.imports[of.statement] = [*_without(of, new)]
        return
    leading = _leading(module)
    if not leading:
        edits.first.append(new)
        return
    edits.imports.setdefault(leading[-1], [leading[-1]]).append(new)


def new_import(place: str, name: str, bound: str | None = None) -> cst.ImportFrom:
    """``from place import name as bound``."""
    alias = cst.AsName(name=cst.Name(bound)) if bound not in (None, name) else None
    module = cst.parse_expression(place)
    assert isinstance(module, cst.Attribute | cst.Name)
    return cst.ImportFrom(module=module, names=[cst.ImportAlias(cst.Name(name), asname=alias)])


def add(edits: Edits, module: cst.Module, place: str, name: str) -> None:
    """Import *name* from the module *place*, unless the program does so already."""
    for each in imports_of(module):
        names = [alias.evaluated_name for alias in _aliases(each) if not alias.asname]
        if isinstance(each, cst.ImportFrom) and dotted(each.module) == place and name in names:
            return
    put(edits, module, None, new_import(place, name))


def imports_of(module: cst.Module) -> Iterator[Import]:
    """The import statements at the top level of a program."""
    for line in module.body:
        for each in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(each, cst.Import | cst.ImportFrom):
                yield each


def uses(module: cst.Module, name: str) -> list[cst.Name]:
    """Where *name* is read or written, but for imports, attributes and names of arguments."""
    finder = Names(name)
    module.visit(finder)
    return finder.found


def dotted(node: cst.BaseExpression | None) -> str:
    """``a.b`` for the names of a module."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


class Names(cst.CSTVisitor):
    """Collects the uses of a name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.found: list[cst.Name] = []

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == self._name:
            self.found.append(node)


def _leading(module: cst.Module) -> list[Import]:
    """The imports that a program begins with."""
    found: list[Import] = []
    for line in module.body[0 if module.get_docstring() is None else 1 :]:
        here = line.body if isinstance(line, cst.SimpleStatementLine) else ()
        imports = [each for each in here if isinstance(each, cst.Import | cst.ImportFrom)]
        if not imports or len(imports) < len(here):
            break
        found += imports[:1]
    return found


def _is_google(statement: Import, alias: cst.ImportAlias) -> bool:
    if isinstance(statement, cst.Import):
        return alias.evaluated_name in (*_DISCOVERY, *_ABOVE)
    return dotted(statement.module) in (*_DISCOVERY, *_ABOVE)


def _aliases(statement: Import) -> Sequence[cst.ImportAlias]:
    return () if isinstance(statement.names, cst.ImportStar) else statement.names


def _name(alias: cst.ImportAlias) -> str:
    return alias.evaluated_alias or alias.evaluated_name.split(".")[0]


def _without(of: Source, new: Import) -> Iterator[Import]:
    """*new*, and the statement's other names, if it has some."""
    yield new
    others = [each for each in _aliases(of.statement) if each is not of.alias]
    if others:
        last = others[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        yield of.statement.with_changes(names=[*others[:-1], last])


def tidy(before: cst.Module, after: cst.Module) -> cst.Module:
    """*after*, without the imports that served *before*, and serve no longer."""
    if uses(after, "__all__"):
        return after
    edits = Edits()
    for statement in imports_of(after):
        aliases = _aliases(statement)
        kept = [each for each in aliases if _serves(before, after, _name(each))]
        if aliases and not kept:
            edits.removed.add(statement)
        elif len(kept) < len(aliases):
            last = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            edits.imports[statement] = [statement.with_changes(names=[*kept[:-1], last])]
    return edits.apply(after)


def _serves(before: cst.Module, after: cst.Module, name: str) -> bool:
    return bool(uses(after, name)) or not uses(before, name)
