"""To ``tqsdk``: dicts become leases and tasks, if it is certain what everything in the file is.

A service and a client differ in all that is done with them, so that half a program cannot be
rewritten: either every use in a file is understood, or it is left as it is, with notes where it is
not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import libcst as cst

from tqsdk.migrate import syntax
from tqsdk.migrate.flow import Analysis
from tqsdk.migrate.program import Program, Sighting
from tqsdk.migrate.rewrite import compat, imports
from tqsdk.migrate.rewrite.calls import Calls, Unclear, argument, attribute, call
from tqsdk.migrate.rewrite.edits import Edits
from tqsdk.migrate.rewrite.reading import CHANGING, Reading
from tqsdk.migrate.values import Plain, Thing, kinds, texts

_METHOD_RULES = {f"TQM0{number}" for number in range(10, 22)}
_FOR_PEOPLE = {"TQM003", "TQM004", "TQM005", "TQM013", "TQM027", "TQM030"}
_STEPS = ("collection-of", "execute", "method", "batch-of")

_OF_TASKS = {"id": "name", "tag": "tag", "retry_count": "retry_count"}
_FIGURES = {
    "totalTasks": "total_tasks",
    "leasedLastMinute": "leased_last_minute",
    "leasedLastHour": "leased_last_hour",
}
# Arguments of ``build`` that say nothing which a client needs to know.
_WITHOUT_EFFECT = {
    "cache",
    "cache_discovery",
    "developerKey",
    "num_retries",
    "serviceName",
    "static_discovery",
    "version",
}


@dataclass(frozen=True, slots=True)
class _Doubt:
    node: cst.CSTNode
    rule: str
    why: str


class Rewriting:
    """The rewriting of one program.

    Attributes:
        unclear: What cannot be rewritten; if there is any, nothing is.
        has_service: Whether there is anything to be rewritten.
    """

    def __init__(self, module: cst.Module, program: Program, analysis: Analysis) -> None:
        self._reading = reading = Reading(module, program, analysis)
        self._program = program
        self._analysis = analysis
        self._edits = Edits()
        self.unclear: list[_Doubt] = []
        self._sightings = [
            each for each in self._program.sightings if each.condition(self._program)
        ]
        self._rules = {
            each.expression.origin: each.rule
            for each in self._sightings
            if each.rule in _METHOD_RULES
        }
        self.has_service: bool = any(
            each.kind in CHANGING and each.by in ("google", "compat")
            for values in self._program.values.values()
            for each in kinds(values, Thing)
        )
        self._calls = Calls(reading, self._edits)
        if "too deep" in program.facts:  # not all of it is known
            self.has_service = False
        if self.has_service:
            self._all()

    def result(self) -> Edits:
        """The changes: all of them, or notes."""
        return self._only_notes() if self.unclear or not self.has_service else self._edits

    def refrain(self, because: str) -> None:
        """Leave the program as it is, because another one with the same service is left so."""
        for each in self._sightings:
            if each.rule == "TQM002" and isinstance(each.expression.origin, cst.CSTNode):
                why = f"left as it is, because {because} is, which has to do with it"
                self.unclear.append(_Doubt(each.expression.origin, "TQM002", why))
        if not self.unclear:
            self.has_service = False

    def _only_notes(self) -> Edits:
        """What is not clear, for people."""
        made = Edits()
        for doubt in self.unclear:
            made.note(doubt.node, doubt.rule, doubt.why)
        noted = {doubt.node for doubt in self.unclear}
        for each in self._sightings:
            by_hand = each.rule in _FOR_PEOPLE or each.rule.startswith("TQM1")
            if by_hand and each.expression.origin not in noted:
                compat.note(made, each.expression, each.rule, "")
        return made

    def _all(self) -> None:
        """Change the whole program, and remember what cannot be changed."""
        for sighting in self._sightings:
            self._try(sighting.expression.origin, sighting.rule, partial(self._seen, sighting))
            if sighting.rule.startswith("TQM1"):
                compat.note(self._edits, sighting.expression, sighting.rule, "")
        for node in list(self._reading.expressions):
            self._try(node, self._rules.get(node, "TQM023"), partial(self._expression, node))
        for node in self._reading.expressions:
            if self._calls.is_foreign_error(node):
                self.unclear.append(_Doubt(node, "TQM026", "errors are those of tqsdk.errors"))
        if not self.unclear:
            self._imports()

    def _try(self, node: object, rule: str, change: Callable[[], None]) -> None:
        try:
            change()
        except Unclear as doubt:
            where = doubt.node or node
            if isinstance(where, cst.CSTNode):
                self.unclear.append(_Doubt(where, doubt.rule or rule, str(doubt)))

    # What was seen by the scan

    def _seen(self, sighting: Sighting) -> None:
        node, rule = sighting.expression.origin, sighting.rule
        if rule in _FOR_PEOPLE:
            raise Unclear(rule=rule, why=_why(rule))
        if rule == "TQM002":
            assert isinstance(node, cst.Call)
            self._build(node, sighting.expression)
        elif rule in _METHOD_RULES:
            assert isinstance(node, cst.Call)
            thing = self._reading.thing(node.func)
            if thing is None or thing.kind != "method":
                raise Unclear("where this service comes from is not known here")
        elif rule == "TQM026":
            self._calls.handler(node)

    def _build(self, node: cst.Call, expression: syntax.Expression | syntax.Import) -> None:
        if not isinstance(expression, syntax.Call) or expression.function.origin is not node.func:
            raise Unclear("`build` is not called here itself")
        given = [argument("", self._project(node))]
        for each in node.args[2:] if not node.args or node.args[0].keyword is None else node.args:
            name = each.keyword.value if each.keyword else "http"
            if name in _WITHOUT_EFFECT or (
                name == "http" and self._calls.is_plain_http(each.value)
            ):
                continue
            if name in ("credentials", "endpoint"):
                given.append(argument(name, each.value))
            else:
                raise Unclear(f"`{name}=` of the service has no equal")
        self._edits.replaced[node] = call(cst.Name(self._client_name()), *given)

    def _client_name(self) -> str:
        taken = imports.uses(self._reading.module, "Client")
        return "TaskQueueClient" if taken else "Client"

    def _project(self, build: cst.Call) -> cst.BaseExpression:
        """The project of all calls, which a client has once and for all."""
        found: set[str | None] = set()
        written: set[str | None] = set()
        for program in self._analysis.connected(self._program):
            for each in program.sightings:
                if each.rule in _METHOD_RULES and isinstance(each.expression, syntax.Call):
                    project = each.expression.keywords.get("project")
                    values = program.values.get(id(project), frozenset()) if project else None
                    known = texts(values) if values else []
                    found.add(known[0] if len(known) == 1 and len(values or ()) == 1 else None)
                    written.add(project.name if isinstance(project, syntax.Name) else None)
        if len(found) != 1 or None in found:
            raise Unclear("its calls are for more than one project, or it is not known for which")
        (text,), (name,) = found, written if len(written) == 1 else {None}
        if name is not None and self._is_constant(name, build):
            return cst.Name(name)
        return cst.SimpleString(f'"{text}"')

    def _is_constant(self, name: str, build: cst.Call) -> bool:
        """Whether *name* is assigned once, at the top level, before *build* is reached."""
        reading = self._reading
        targets = [
            each
            for each in imports.uses(reading.module, name)
            if isinstance(reading.expressions.get(each), syntax.Name) and _is_target(reading, each)
        ]
        if len(targets) != 1 or not isinstance(reading.function(targets[0]), cst.Module):
            return False
        inside = not isinstance(reading.function(build), cst.Module)
        here, there = reading.expressions[build].place, reading.expressions[targets[0]].place
        return inside or there.line < here.line

    # Every expression

    def _expression(self, node: cst.CSTNode) -> None:
        if self._reading.is_unclear(node):
            raise Unclear("this may be something of the API's, and something else")
        if isinstance(node, cst.Comparison):
            self._membership(node)
        elif isinstance(node, cst.Call):
            self._call(node)
        elif isinstance(node, cst.Subscript):
            self._item(node, node.value)
        thing = self._reading.thing(node)
        if thing is None or thing.by not in ("google", "compat"):
            return
        if thing.kind in _STEPS and not self._is_called(node):
            raise Unclear("a method is kept under another name")
        if thing.kind == "batch" and isinstance(node, cst.Call):
            raise Unclear("batches are `client.batch()`, whose results are asked for")
        if thing.kind == "batch":
            return
        if thing.kind in CHANGING and not self._changes_itself(node):
            outer = self._reading.parents[node]
            if isinstance(outer, cst.Attribute) and outer.attr.value == "get":
                outer = self._reading.parents[outer]
            settled = outer in self._edits.replaced or outer in self._calls.settled
            if not settled and not self._reading.is_at_home(node, thing.kind):
                raise Unclear(f"a {_WORDS[thing.kind]} is used as what it will not be any more")

    def _is_called(self, node: cst.CSTNode) -> bool:
        parent = self._reading.parents[node]
        return isinstance(parent, cst.Call) and parent.func is node

    def _changes_itself(self, node: cst.CSTNode) -> bool:
        """Whether what *node* is part of has been looked after as a whole."""
        return node in self._calls.settled or node in self._edits.removed

    def _call(self, node: cst.Call) -> None:
        step = self._reading.thing(node.func)
        of = node.func.value if isinstance(node.func, cst.Attribute) else None
        if step is None or step.kind not in _STEPS or of is None:
            if isinstance(node.func, cst.Attribute) and node.func.attr.value == "get":
                self._item(node, node.func.value)
            return
        match step.kind:
            case "collection-of":
                self._edits.replaced[node] = of
            case "method":
                self._calls.method(node, step.of)
            case "execute":
                self._calls.execute(node, of, step.of)
            case _:
                return

    def _item(self, node: cst.Call | cst.Subscript, of: cst.BaseExpression) -> None:
        thing = self._reading.thing(of)
        key = self._key(node)
        if thing is None or thing.kind not in ("response", "task", "stats", "items"):
            return
        if thing.kind == "items":
            if isinstance(node, cst.Call):
                raise Unclear("a list has no `get`")
            return
        if isinstance(node, cst.Call) and len(node.args) > 1 and key not in ("items",):
            raise Unclear("what is to be there instead has to be said otherwise")
        if thing.kind == "task":
            self._member(node, of, key)
        elif thing.kind == "stats" and key in _FIGURES:
            self._edits.replaced[node] = attribute(of, _FIGURES[key])
        elif thing.kind == "response" and key in ("items", "stats"):
            if isinstance(node, cst.Subscript) and self._calls.expects_missing(node):
                raise Unclear("an empty list raises no KeyError")
            self._edits.replaced[node] = of
        elif thing.kind == "response" and thing.of == "taskqueues.get" and key == "maxLeases":
            self._edits.replaced[node] = attribute(of, "max_leases")
        else:
            raise Unclear(f"`{key}` of an answer has no equal")

    def _key(self, node: cst.Call | cst.Subscript) -> str | None:
        index = node.args[0].value if isinstance(node, cst.Call) and node.args else None
        if isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Index):
            index = node.slice[0].slice.value
        found = texts(self._reading.values(index)) if index is not None else []
        return found[0] if len(found) == 1 else None

    def _member(
        self, node: cst.Call | cst.Subscript, task: cst.BaseExpression, key: str | None
    ) -> None:
        parent = self._reading.parents[node]
        if isinstance(parent, cst.AugAssign | cst.Del):
            raise Unclear("a task cannot be changed")
        if isinstance(parent, cst.AssignTarget):
            self._set_member(parent, key)
        elif key in _OF_TASKS:
            self._edits.replaced[node] = attribute(task, _OF_TASKS[key])
        elif key == "payloadBase64":
            self._calls.payload_read(node, task)
        else:
            raise Unclear(f"`{key}` of a task has no equal, or is of another type")

    def _set_member(self, target: cst.AssignTarget, key: str | None) -> None:
        """``task["queueName"] = ...`` was needed to renew; a lease knows its queue."""
        statement = self._reading.parents[target]
        if (
            key != "queueName"
            or not isinstance(statement, cst.Assign)
            or len(statement.targets) > 1
        ):
            raise Unclear("a task cannot be changed")
        self._edits.removed.add(statement)
        self._calls.settled.add(target.target)

    def _membership(self, node: cst.Comparison) -> None:
        """``"items" in response``."""
        first = node.comparisons[0]
        thing = self._reading.thing(first.comparator)
        if thing is None or thing.kind not in ("response", "task", "stats"):
            return
        if thing.kind != "response" or Plain("items") not in self._reading.values(node.left):
            raise Unclear("whether a member is there has to be asked otherwise")
        response = first.comparator
        self._calls.settled.add(first)
        if isinstance(first.operator, cst.NotIn):
            space = cst.SimpleWhitespace(" ")
            self._edits.replaced[node] = cst.UnaryOperation(
                cst.Not(whitespace_after=space), response
            )
        elif self._reading.is_condition(node):
            self._edits.replaced[node] = response
        else:
            self._edits.replaced[node] = call(cst.Name("bool"), argument("", response))

    # Imports

    def _imports(self) -> None:
        module = self._reading.module
        builds = [each for each in self._edits.replaced if self._is_build(each)]
        if builds:
            functions = [each.func for each in builds if isinstance(each, cst.Call)]
            source = imports.source(module, functions)
            name = self._client_name()
            imports.put(self._edits, module, source, imports.new_import("tqsdk", "Client", name))
        for place, name in sorted(self._calls.needed):
            imports.add(self._edits, module, place, name)

    def _is_build(self, node: cst.CSTNode) -> bool:
        return any(
            each.rule == "TQM002" and each.expression.origin is node for each in self._sightings
        )


_WORDS = {
    "service": "service",
    "collection": "service",
    "request": "request",
    "response": "answer",
    "items": "list of tasks",
    "task": "task",
    "stats": "queue's figures",
    "batch": "batch",
}


def _why(rule: str) -> str:
    return {
        "TQM013": "look with `queue.list` or `queue.get`: a lease of 0 seconds counts as a lease",
        "TQM005": "pass what google-auth gives as `Client(credentials=)`",
        "TQM027": "tqsdk waits and repeats by itself, and raises RateLimitedError in the end",
    }.get(rule, "")


def _is_target(reading: Reading, name: cst.Name) -> bool:
    parent = reading.parents[name]
    if isinstance(parent, cst.Element):
        parent = reading.parents[reading.parents[parent]]
    return isinstance(parent, cst.AssignTarget | cst.AnnAssign | cst.AugAssign | cst.For)
