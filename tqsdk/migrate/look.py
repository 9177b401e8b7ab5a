"""One look at a program: what its statements do to the values of names, and what is seen of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tqsdk.migrate import syntax
from tqsdk.migrate.program import Condition, Knowledge, Program, Sighting, always
from tqsdk.migrate.syntax import Expression, Statement
from tqsdk.migrate.values import (
    FOREIGN,
    NOTHING,
    Bound,
    Instance,
    Kept,
    LocalClass,
    LocalFunction,
    Module,
    Plain,
    Returning,
    Scope,
    Symbol,
    Thing,
    Values,
    joined,
    kinds,
    texts,
)

if TYPE_CHECKING:
    from tqsdk.migrate.flow import Analysis

_MOST_VALUES = 30  # of one name; whatever is that many things is none that we know
_MOST_BASES = 8  # of a class, one above the other
_GIVE_THEMSELVES = {"iter", "list", "reversed", "set", "sorted", "tuple"}
_PUT_IN = {"add", "append", "appendleft", "extend", "insert"}
_TAKEN_OUT = {"get", "pop", "popleft", "setdefault"}

# What programs mean by ``from googleapiclient.discovery import *``.
_STARS = {
    "apiclient.discovery": ("build", "build_from_document"),
    "googleapiclient.discovery": ("build", "build_from_document"),
    "google.appengine.api.taskqueue": ("Queue", "QueueStatistics", "Task", "add"),
}

_OLD_NAMES = {
    "apiclient": "googleapiclient",
    "google.appengine.api.labs.taskqueue": "google.appengine.api.taskqueue",
}


class Look:
    """One look at one scope of a program."""

    def __init__(
        self, analysis: Analysis, program: Program, scope: Scope, *, certain: bool = True
    ) -> None:
        self.analysis = analysis
        self.program = program
        self.scope = scope
        self._certain = certain  # whether what is done here is done once, in this order
        self._later: list[LocalFunction] = []

    @property
    def knowledge(self) -> Knowledge:
        return self.analysis.knowledge

    def all(self, body: tuple[Statement, ...]) -> None:
        """Look at statements, then at the functions that they define."""
        self._statements(body)
        later, self._later = self._later, []
        for function in later:
            self._function(function)

    def see(
        self,
        rule: str,
        expression: Expression | syntax.Import,
        *traits: str,
        condition: Condition = always,
        is_ours: bool = False,
    ) -> None:
        """Note a use of the API; for the arguments see ``Sighting``."""
        sighting = Sighting(rule, expression, frozenset(traits), condition, is_ours)
        self.program.sightings.append(sighting)

    def fact(self, name: str) -> None:
        """Note what is certain of the file."""
        self.program.facts.add(name)

    # Statements

    def _statements(self, body: tuple[Statement, ...]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        match statement:
            case syntax.Import():
                for name, path in statement.names:
                    self._import(statement, name, path)
            case syntax.Assign(targets, value):
                values = self.value(value)
                for target in targets:
                    self.assign(target, values, value)
            case syntax.Evaluate(value):
                if not _is_docstring(value):
                    self.value(value)
            case syntax.Return(value):
                values = self.value(value)
                if self.scope.function is not None:
                    self._learn_return(self.scope.function, values)
            case syntax.Loop(target, iterable):
                self.assign(target, self.iterated(self.value(iterable)), None)
            case syntax.Global(names):
                self.scope.globals.update(names)
            case syntax.Block(body):
                self._maybe(body)
            case syntax.Try(body, handlers):
                before = len(self.program.sightings)
                self._maybe(body)
                uses = len(self.program.sightings) > before
                for catch in handlers:
                    self._catch(catch, uses)
            case syntax.Function():
                self._define(statement)
            case syntax.Class():
                self._class(statement)

    def _maybe(self, body: tuple[Statement, ...]) -> None:
        certain, self._certain = self._certain, False
        self._statements(body)
        self._certain = certain

    def _catch(self, catch: syntax.Catch, uses: bool) -> None:
        if catch.kinds is not None:
            kind = self.value(catch.kinds)
            for library in self.analysis.libraries:
                library.caught(self, catch, kind, uses)
        if catch.name is not None:
            self._bind(catch.name, NOTHING)
        self._maybe(catch.body)

    def _import(self, statement: syntax.Import, name: str, path: str) -> None:
        found = self.analysis.find(path, self.program)
        if name == "*":
            for module in kinds(found or NOTHING, Module):
                self.scope.names.update(module.program.scope.names)
            if found is None:
                for library_name in _STARS.get(path, ()):
                    self._import(statement, library_name, f"{path}.{library_name}")
            return
        if found is None:
            found = frozenset({Symbol(_modern(path))})
            for library in self.analysis.libraries:
                library.imported(self, statement, _modern(path))
        self._bind(name, found)

    def _define(self, definition: syntax.Function) -> None:
        for default in definition.defaults.values():
            self.value(default)
        function = self.analysis.functions.get(id(definition))
        if function is None:
            function = LocalFunction(definition, self.scope, self.scope.owner)
            self.analysis.functions[id(definition)] = function
        for decorator in definition.decorators:
            self.value(decorator)
            path = syntax.attribute_path(decorator) or ""
            function.is_property |= path.rpartition(".")[2].endswith("property")
        self._bind(definition.name, frozenset({function}))
        self._later.append(function)

    def _class(self, definition: syntax.Class) -> None:
        kept = self.analysis.classes.setdefault(id(definition), LocalClass(definition))
        kept.bases = joined(map(self.value, definition.bases))
        for decorator in definition.decorators:
            self.value(decorator)
        inner = Look(
            self.analysis, self.program, Scope(above=self.scope, owner=kept), certain=self._certain
        )
        inner._statements(definition.body)
        for name, values in inner.scope.names.items():
            self._learn_member(kept.members, name, values)
        self._bind(definition.name, frozenset({kept}))
        self._later.extend(inner._later)

    def _function(self, function: LocalFunction) -> None:
        definition = function.definition
        scope = Scope(above=function.scope, function=function)
        for name in definition.parameters:
            scope.names[name] = function.given.get(name, NOTHING)
        for name, default in definition.defaults.items():
            scope.names[name] |= self.program.values.get(id(default), NOTHING)
        if function.owner is not None and definition.parameters:
            scope.names[definition.parameters[0]] |= {Instance(function.owner)}
        Look(self.analysis, self.program, scope).all(definition.body)

    # Assignments

    def assign(self, target: Expression, values: Values, source: Expression | None) -> None:
        """Bind *target*, which may be several names, to *values*."""
        match target:
            case syntax.Name(name=name):
                self.program.values[id(target)] = values
                self._bind(name, values)
            case syntax.Attribute(value=value, name=name):
                for owner in self.value(value):
                    if isinstance(owner, Instance):
                        self._learn_member(owner.of.members, name, values)
                    elif isinstance(owner, LocalClass | Kept):
                        self._learn_member(owner.members, name, values)
                    elif isinstance(owner, Module):
                        self._learn_member(owner.program.scope.names, name, values)
            case syntax.Item(value=value, index=index):
                keys = texts(self.value(index)) or [""]
                for kept in kinds(self.value(value), Kept):
                    for key in keys:
                        self._learn_member(kept.members, key, values)
            case syntax.Sequence(parts=parts):
                each = source.parts if isinstance(source, syntax.Sequence) else ()
                for number, part in enumerate(parts):
                    one = self.value(each[number]) if len(each) == len(parts) else NOTHING
                    self.assign(part, one or self.iterated(values), None)
            case _:
                self.value(target)

    def _bind(self, name: str, values: Values) -> None:
        scope = self.scope.where(name)
        known = scope.names.get(name, NOTHING)
        new = values if self._certain and scope is self.scope else known | values
        scope.names[name] = new if len(new) <= _MOST_VALUES else NOTHING

    def _learn_member(self, members: dict[str, Values], name: str, values: Values) -> None:
        known = members.get(name, NOTHING)
        members[name] = known | values
        if not values <= known:
            self.analysis.learned += 1

    def _learn_return(self, function: LocalFunction, values: Values) -> None:
        if not values <= function.returned:
            function.returned |= values
            self.analysis.learned += 1

    # Expressions

    def value(self, expression: Expression) -> Values:
        """What *expression* may be."""
        values = self._evaluated(expression)
        self.program.values[id(expression)] = values
        return values

    def _evaluated(self, expression: Expression) -> Values:
        match expression:
            case syntax.Name(name=name):
                found = self.scope.read(name)
                return frozenset({Symbol(f"builtins.{name}")}) if found is None else found
            case syntax.Constant(value=value):
                if isinstance(value, str):
                    for library in self.analysis.libraries:
                        library.text(self, expression)
                return frozenset({Plain(value)})
            case syntax.Attribute(value=value, name=name):
                return self.attribute(self.value(value), name)
            case syntax.Item(value=value, index=index):
                return self._item(expression, self.value(value), self.value(index))
            case syntax.Call():
                return self._call(expression)
            case syntax.Record(members=members, parts=parts):
                kept = self.analysis.records.setdefault(id(expression), Kept())
                for name, member in members.items():
                    self._learn_member(kept.members, name, self.value(member))
                for part in parts:
                    self.value(part)
                return frozenset({kept})
            case syntax.Sequence(parts=parts):
                kept = self.analysis.records.setdefault(id(expression), Kept())
                self._learn_member(kept.members, "", joined(map(self.value, parts)))
                return frozenset({kept})
            case syntax.Comprehension(loops=loops, parts=parts):
                kept = self.analysis.records.setdefault(id(expression), Kept())
                for loop in loops:
                    self._statement(loop)
                self._learn_member(kept.members, "", joined(map(self.value, parts)))
                return frozenset({kept})
            case syntax.Choice(parts=parts):
                return joined(map(self.value, parts))
            case syntax.Lambda(parameters=parameters, body=body):
                scope = Scope(above=self.scope, names=dict.fromkeys(parameters, NOTHING))
                inner = Look(self.analysis, self.program, scope)
                return frozenset({Returning(inner.value(body))})
            case syntax.Named(target=target, value=value):
                values = self.value(value)
                self.assign(target, values, value)
                return values
            case _:
                self._look_for(expression)
                parts_values = [self.value(part) for part in expression.parts]
                # ``await x``, ``*x`` and brackets pass on what they have.
                return parts_values[0] if len(parts_values) == 1 else NOTHING

    def _look_for(self, expression: Expression) -> None:
        """``"items" in response``."""
        if len(expression.parts) != 2:
            return
        key, of = expression.parts
        if isinstance(key, syntax.Constant) and isinstance(key.value, str):
            for library in self.analysis.libraries:
                library.read(self, expression, self.value(of), key.value)

    def attribute(self, of: Values, name: str) -> Values:
        """``of.name``."""
        return joined(self._attribute(value, name) for value in of)

    def _attribute(self, of: object, name: str) -> Values:
        match of:
            case Symbol(path):
                known = self.analysis.find(f"{path}.{name}", self.program)
                return frozenset({Symbol(_modern(f"{path}.{name}"))}) if known is None else known
            case Module(program):
                inner = self.analysis.find(f"{program.name}.{name}", self.program)
                return inner or NOTHING
            case Instance(kind):
                return joined(self._of_object(each) for each in _members(kind, name))
            case LocalClass():
                return joined(self._of_object(each) for each in _members(of, name))
            case Kept(members):
                return members.get(name, NOTHING) if name not in _TAKEN_OUT else NOTHING
            case Thing(kind="foreign"):
                return FOREIGN
            case Thing():
                found = [library.attribute(of, name) for library in self.analysis.libraries]
                return joined(each for each in found if each is not None)
            case _:
                return NOTHING

    def _of_object(self, values: Values) -> Values:
        """A member, as it is seen on an object."""
        functions = kinds(values, LocalFunction)
        for each in functions:
            each.is_called |= each.is_property
        called = [each.returned for each in functions if each.is_property]
        bound = frozenset(Bound(each) for each in functions if not each.is_property)
        return joined([values.difference(functions), bound, *called])

    def _item(self, expression: Expression, of: Values, index: Values) -> Values:
        keys = texts(index)
        for key in keys:
            for library in self.analysis.libraries:
                library.read(self, expression, of, key)
        return joined(self._item_of(value, keys[0] if keys else None) for value in of)

    def _item_of(self, of: object, key: str | None) -> Values:
        match of:
            case Kept(members):
                return joined(members.values()) if key is None else members.get(key, NOTHING)
            case Thing(kind="foreign"):
                return FOREIGN
            case Thing():
                found = [library.item(of, key) for library in self.analysis.libraries]
                return joined(each for each in found if each is not None)
            case _:
                return NOTHING

    def iterated(self, values: Values) -> Values:
        """What a loop over *values* gives."""
        return joined(map(self._iterated, values))

    def _iterated(self, value: object) -> Values:
        match value:
            case Kept(members):
                return joined(members.values())
            case Thing(kind="foreign"):
                return FOREIGN
            case Thing():
                found = [library.iterated(value) for library in self.analysis.libraries]
                return joined(each for each in found if each is not None)
            case _:
                return NOTHING

    # Calls

    def _call(self, call: syntax.Call) -> Values:
        function = self.value(call.function)
        for argument in (*call.positional, *call.keywords.values(), *call.parts):
            self.value(argument)
        if (known := self._of_language(call, function)) is not None:
            return known
        for library in self.analysis.libraries:
            result = library.called(self, function, call)
            if result is not None:
                return result
        return joined(self._called(value, call) for value in function)

    def _called(self, value: object, call: syntax.Call) -> Values:
        match value:
            case LocalFunction():
                return self._give(value, call.positional, call)
            case Bound(function):
                of = call.function
                receiver = [of.value] if isinstance(of, syntax.Attribute) else [of]
                return self._give(function, (*receiver, *call.positional), call)
            case LocalClass():
                for values in _members(value, "__init__"):
                    for function in kinds(values, LocalFunction):
                        self._give(function, (call.function, *call.positional), call)
                return frozenset({Instance(value)})
            case Returning(values):
                return values
            case Thing(kind="foreign"):
                return FOREIGN
            case Symbol(path) if path.startswith("builtins."):
                return NOTHING
            case Symbol():
                return FOREIGN
            case _:
                return NOTHING

    def _give(
        self, function: LocalFunction, positional: Iterable[Expression], call: syntax.Call
    ) -> Values:
        """Let *function* know what it is given, and say what it returns."""
        function.is_called = True
        parameters = function.definition.parameters
        for name, argument in zip(parameters, positional, strict=False):
            is_self = function.owner is not None and name == parameters[0]
            self._learn_given(function, name, NOTHING if is_self else self._known(argument))
        for name, argument in call.keywords.items():
            if name in parameters:
                self._learn_given(function, name, self._known(argument))
        return function.returned

    def _known(self, argument: Expression) -> Values:
        return self.program.values.get(id(argument), NOTHING)

    def _learn_given(self, function: LocalFunction, name: str, values: Values) -> None:
        self._learn_member(function.given, name, values)

    def _of_language(self, call: syntax.Call, function: Values) -> Values | None:
        """What Python's own functions and methods give."""
        argument = call.positional[0] if call.positional else None
        if isinstance(call.function, syntax.Attribute) and argument is not None:
            owner = self._known(call.function.value)
            if call.function.name in _PUT_IN and (into := kinds(owner, Kept)):
                put = self._known(call.positional[-1])
                inner = self.iterated(put) if call.function.name == "extend" else put
                for kept in into:
                    self._learn_member(kept.members, "", inner)
                return NOTHING
            if call.function.name in _TAKEN_OUT and any(
                isinstance(each, Kept | Thing) for each in owner
            ):
                return self._item(call, owner, self._known(argument)) or None
        for symbol in kinds(function, Symbol):
            known = self._of_builtin(symbol.path.removeprefix("builtins."), call, argument)
            if known is not None:
                return known
        return None

    def _of_builtin(
        self, name: str, call: syntax.Call, argument: Expression | None
    ) -> Values | None:
        if name in _GIVE_THEMSELVES and argument is not None:
            return self._known(argument)
        if name == "dict":
            kept = self.analysis.records.setdefault(id(call), Kept())
            for member, value in call.keywords.items():
                self._learn_member(kept.members, member, self._known(value))
            return frozenset({kept})
        if name == "getattr" and len(call.positional) >= 2:
            of, attribute = map(self._known, call.positional[:2])
            return joined(self.attribute(of, each) for each in texts(attribute))
        if name in ("importlib.import_module", "__import__") and argument is not None:
            return frozenset(Symbol(_modern(each)) for each in texts(self._known(argument)))
        if name == "functools.partial" and argument is not None:
            inner = syntax.Call(
                place=call.place,
                origin=call.origin,
                parts=call.parts,
                function=argument,
                positional=call.positional[1:],
                keywords=call.keywords,
                unpacked=True,
            )
            return frozenset({Returning(self._call(inner))})
        return None


def _members(kind: LocalClass, name: str, depth: int = 0) -> Iterable[Values]:
    """The member of a class, or of the first base of it that has one."""
    if name in kind.members:
        yield kind.members[name]
    elif depth < _MOST_BASES:
        for base in kinds(kind.bases, LocalClass):
            yield from _members(base, name, depth + 1)


def _is_docstring(expression: Expression) -> bool:
    return isinstance(expression, syntax.Constant) and isinstance(expression.value, str)


def _modern(path: str) -> str:
    """*path* by the name that the library has now."""
    for old, new in _OLD_NAMES.items():
        if path == old or path.startswith(f"{old}."):
            return new + path.removeprefix(old)
    return path
