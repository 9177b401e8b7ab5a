"""To ``tqsdk.compat.googleapi``: the calls stay, what builds the service changes."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tqsdk.migrate import syntax
from tqsdk.migrate.program import Program
from tqsdk.migrate.rewrite import imports
from tqsdk.migrate.rewrite.edits import Edits

_PLACE = "tqsdk.compat.googleapi"
_ABOVE, _, _NAME = _PLACE.rpartition(".")

# What is left for people, beside all of App Engine's.
_FOR_PEOPLE = {
    "TQM003": "",
    "TQM005": "compat.googleapi.build takes credentials of google-auth, too; "
    "oauth2client is no longer maintained",
    "TQM030": "",
}


def edits(module: cst.Module, program: Program) -> Edits:
    """The changes to a program; none if it builds no service."""
    made = Edits()
    builds = list(_builds(program))
    if builds:
        source = imports.source(module, builds)
        if source is not None and source.only_ours and source.kind == "function":
            new = imports.new_import(_PLACE, "build", source.name)
            imports.put(made, module, source, new)
        elif source is not None and source.only_ours and source.kind == "module":
            new = imports.new_import(_ABOVE, _NAME, source.name)
            imports.put(made, module, source, new)
        else:
            name = _NAME if not imports.uses(module, _NAME) else f"taskqueue_{_NAME}"
            imports.put(made, module, source, imports.new_import(_ABOVE, _NAME, name))
            for each in builds:
                made.replaced[each] = cst.Attribute(cst.Name(name), cst.Name("build"))
    for sighting in program.sightings:
        if sighting.is_ours or not sighting.condition(program):
            continue
        if sighting.rule in _FOR_PEOPLE or sighting.rule.startswith("TQM1"):
            note(made, sighting.expression, sighting.rule, _FOR_PEOPLE.get(sighting.rule, ""))
    return made


def note(edits: Edits, expression: syntax.Expression | syntax.Import, rule: str, why: str) -> None:
    """Have a note where *expression* is."""
    origin = expression.origin
    if isinstance(origin, cst.CSTNode):
        edits.note(origin, rule, why)


def _builds(program: Program) -> Iterator[cst.BaseExpression]:
    """The expressions that stand for Google's ``build`` where a service of ours is built."""
    for each in program.sightings:
        if each.rule == "TQM002" and not each.is_ours and isinstance(each.expression, syntax.Call):
            origin = each.expression.function.origin
            if isinstance(origin, cst.BaseExpression):
                yield origin
