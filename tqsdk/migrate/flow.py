"""Follows values through programs: from ``build("taskqueue", ...)`` to where a task is deleted.

A coarse interpretation: the order of statements counts, what branches do is joined, every function
is looked at with all that it has been seen to be given, and all objects of a class are one.
Programs that import each other are looked at together, again and again until nothing new is
learned.

What is special about Google's libraries is in ``googleclient`` and ``appengine``.
"""

from __future__ import annotations

from collections.abc import Sequence

from tqsdk.migrate import syntax
from tqsdk.migrate.look import Look
from tqsdk.migrate.program import Knowledge, Library, Program
from tqsdk.migrate.values import NOTHING, Kept, LocalClass, LocalFunction, Module, Values

_MOST_ROUNDS = 8  # for a value that is handed through as many functions, in the worst order


class Analysis:
    """Looks at programs until nothing new is learned."""

    def __init__(self, libraries: Sequence[Library], knowledge: Knowledge | None = None) -> None:
        self.libraries = libraries
        self.knowledge: Knowledge = knowledge or Knowledge()
        self.programs: dict[str, Program] = {}
        self._by_last_word: dict[str, list[Program]] = {}
        self.records: dict[int, Kept] = {}
        self.functions: dict[int, LocalFunction] = {}
        self.classes: dict[int, LocalClass] = {}
        self.learned: int = 0

    def add(self, program: Program) -> None:
        """Have a program looked at, too."""
        name = program.name
        while name in self.programs:  # a module and a package of one name
            name += "#"
        program.name = name
        self.programs[name] = program
        self._by_last_word.setdefault(_last_word(name), []).append(program)

    def run(self) -> None:
        """Look at all programs."""
        for _ in range(_MOST_ROUNDS):
            before = self.learned
            for program in self.programs.values():
                self._look_at(program)
            if self.learned == before:
                break

    def find(self, path: str, importer: Program) -> Values | None:
        """What a scanned program has to offer under the dotted *path*, or itself."""
        path = _absolute(path, importer)
        module, _, name = path.rpartition(".")
        if program := self._program(path, importer):
            return frozenset({Module(program)})
        if program := self._program(module, importer):
            return program.scope.names.get(name, NOTHING)
        return None

    def connected(self, program: Program) -> list[Program]:
        """*program*, and all that import it or are imported by it, directly or not."""
        found, waiting = {program.name: program}, [program]
        while waiting:
            each = waiting.pop()
            near = [*self._imported_by(each)]
            near += [other for other in self.programs.values() if each in self._imported_by(other)]
            for other in near:
                if other.name not in found:
                    found[other.name] = other
                    waiting.append(other)
        return list(found.values())

    def _imported_by(self, program: Program) -> list[Program]:
        paths = [
            _absolute(path, program)
            for statement in program.body
            if isinstance(statement, syntax.Import)
            for _, path in statement.names
        ]
        found = [
            self._program(path, program) or self._program(path.rpartition(".")[0], program)
            for path in paths
        ]
        return [each for each in found if each is not None and each is not program]

    def _program(self, path: str, importer: Program) -> Program | None:
        """The program that is imported as *path*: the nearest, as search paths are not known."""
        alike = self._by_last_word.get(_last_word(path), [])
        if not path or not alike:
            return None
        if path in self.programs:
            return self.programs[path]
        folder = importer.name
        while folder:
            folder = folder.rpartition(".")[0]
            if found := self.programs.get(f"{folder}.{path}"):
                return found
        ends = [each for each in alike if each.name.endswith(f".{path}")]
        return ends[0] if len(ends) == 1 else None

    def _look_at(self, program: Program) -> None:
        program.sightings.clear()
        program.values.clear()
        before = dict(program.scope.names)
        try:
            Look(self, program, program.scope).all(program.body)
        except RecursionError:
            program.facts.add("too deep")
        self.learned += program.scope.names != before


def _last_word(name: str) -> str:
    return name.rpartition(".")[2]


def _absolute(path: str, importer: Program) -> str:
    dots = len(path) - len(path.lstrip("."))
    if not dots:
        return path
    parts = importer.name.split(".")
    above = parts[: len(parts) - dots + importer.is_package]
    return ".".join([*above, path[dots:]]).rstrip(".")
