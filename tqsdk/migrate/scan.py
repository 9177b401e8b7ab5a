"""The scan: every file once, Python programs together."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqsdk.migrate import configuration, files, languages, python2, python3, syntax
from tqsdk.migrate.appengine import AppEngine
from tqsdk.migrate.files import File
from tqsdk.migrate.findings import Finding, Report, known_traits
from tqsdk.migrate.flow import Analysis
from tqsdk.migrate.googleclient import GoogleClient
from tqsdk.migrate.program import Knowledge, Program
from tqsdk.migrate.values import (
    Kept,
    LocalClass,
    LocalFunction,
    Returning,
    Symbol,
    Thing,
    Value,
)

# A program without one of these has nothing to do with the API, or gets it from another program.
_WORTH_PARSING = re.compile(
    rb"task_?queue|lease_?tasks|modify_?task_?lease|leaseSecs|newLeaseSeconds|payloadBase64"
    rb"|numTasks|\.tasks\(\)|retry_count",
    re.IGNORECASE,
)
_SYMBOLS = ("googleapiclient.discovery.build", "google.appengine.api.taskqueue")
_TOO_DEEP = "nested too deeply"
_OURS = (
    "service",
    "collection",
    "method",
    "request",
    "response",
    "items",
    "task",
    "queue",
    "leased",
)


@dataclass(eq=False, slots=True)
class Source:
    """A Python program that was parsed.

    Attributes:
        lines: Its text.
        encoding: As its first lines say; with ``-sig`` if the text begins with a mark.
        tree: LibCST's, if it is Python 3.
        mistake: Where and why it could not be read as a whole.
    """

    file: File
    lines: list[str]
    encoding: str
    program: Program
    tree: object = None
    mistake: Finding | None = None


@dataclass(eq=False, slots=True)
class _Scan:
    step: Callable[[], None]
    found: list[Finding] = field(default_factory=list[Finding])
    knowledge: Knowledge = field(default_factory=Knowledge)
    sources: list[Source] = field(default_factory=list[Source])
    unparsed: list[File] = field(default_factory=list[File])
    emails: set[str] = field(default_factory=set[str])
    settings: list[File] = field(default_factory=list[File])
    count: int = 0


def scan(
    paths: Iterable[Path], *, exclude: Sequence[str] = (), step: Callable[[], None] = lambda: None
) -> Report:
    """Find every use of the API.

    Args:
        paths: Folders and files.
        exclude: As for ``files.find``.
        step: Called for every file that has been looked into.
    """
    state, _ = analyse(paths, exclude=exclude, step=step)
    for source in state.sources:
        state.found.extend(_findings(source))
    for file in state.settings if state.emails else ():
        text = file.path.read_bytes().decode("utf-8", "replace")
        state.found.extend(configuration.named(text, state.emails, file.shown))
    return Report(tuple(sorted(set(state.found))), state.count)


def analyse(
    paths: Iterable[Path], *, exclude: Sequence[str] = (), step: Callable[[], None] = lambda: None
) -> tuple[_Scan, Analysis]:
    """Read all files, and follow values through the Python programs among them."""
    state = _Scan(step)
    for file in files.find(paths, exclude):
        _read(state, file)
        state.count += 1
        step()
    analysis = Analysis([GoogleClient(), AppEngine()], state.knowledge)
    for source in state.sources:
        analysis.add(source.program)
    analysis.run()
    _follow_imports(state, analysis)
    return state, analysis


def _read(state: _Scan, file: File) -> None:
    try:
        data = file.path.read_bytes()
    except OSError as error:
        state.found.append(_unread(file, error.strerror or str(error)))
        return
    if file.language == "python":
        if _WORTH_PARSING.search(data):
            _parse(state, file, data)
        else:
            state.unparsed.append(file)
    elif file.language == "configuration":
        _configuration(state, file)
    else:
        text = data.decode("utf-8", "replace")
        state.found.extend(languages.scan(text, file.language, file.shown))


def _configuration(state: _Scan, file: File) -> None:
    if not configuration.is_queue_file(file.path):
        state.settings.append(file)
        return
    queues, found = configuration.read(file.path, file.shown)
    state.found.extend(found)
    if queues is not None:
        state.emails |= configuration.accounts(queues)
        for queue in queues.queues:
            known = state.knowledge.pull if queue.mode == "pull" else state.knowledge.push
            known.add(queue.name)


def _parse(state: _Scan, file: File, data: bytes) -> None:
    try:
        text, encoding = _decoded(data)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        state.found.append(_unread(file, f"its encoding: {error}"))
        return
    try:
        state.sources.append(_source(file, text, encoding))
    except RecursionError:
        state.found.append(_unparsed(file, 1, _TOO_DEEP))


def _source(file: File, text: str, encoding: str) -> Source:
    mistake: Finding | None = None
    tree: object = None
    try:
        tree, body = python3.parse(text)
    except python3.SyntaxMistake as error:
        body, wrong = python2.parse(text)
        if wrong is not None:
            detail = f"neither Python 3 ({' '.join(str(error).split())}) nor Python 2"
            mistake = _unparsed(file, wrong, detail)
    program = Program(file.module, body, file.is_package)
    return Source(file, text.split("\n"), encoding, program, tree, mistake)


def _decoded(data: bytes) -> tuple[str, str]:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding), encoding


def _follow_imports(state: _Scan, analysis: Analysis) -> None:
    """Look into programs, too, that get a service or a queue from another one."""
    while names := {_last(each.name) for each in analysis.programs.values() if _offers(each)}:
        words = b"|".join(re.escape(each.encode()) for each in sorted(names))
        imports = re.compile(rb"^\s*(from|import)\b.*\b(" + words + rb")\b", re.MULTILINE)
        before, unparsed = len(state.sources), state.unparsed
        state.unparsed = []
        for file in unparsed:
            data = file.path.read_bytes()
            if imports.search(data):
                _parse(state, file, data)
            else:
                state.unparsed.append(file)
        if len(state.sources) == before:
            return
        for source in state.sources[before:]:
            analysis.add(source.program)
        analysis.run()


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _offers(program: Program) -> bool:
    """Whether other programs can get something of the API from this one."""
    waiting = [each for values in program.scope.names.values() for each in values]
    seen: set[Value] = set()
    while waiting:
        value = waiting.pop()
        if value in seen:
            continue
        seen.add(value)
        match value:
            case Thing(kind=kind) if kind in _OURS:
                return True
            case Symbol(path) if path.startswith(_SYMBOLS):
                return True
            case LocalFunction(returned=values) | Returning(values):
                waiting.extend(values)
            case LocalClass(members=members) | Kept(members=members):
                waiting.extend(each for values in members.values() for each in values)
            case _:
                pass
    return False


def _findings(source: Source) -> Iterable[Finding]:
    if source.mistake is not None:
        yield source.mistake
    if "too deep" in source.program.facts:
        yield _unparsed(source.file, 1, _TOO_DEEP)
    merged: dict[tuple[str, syntax.Place], set[str]] = {}
    for each in source.program.sightings:
        if not each.is_ours and each.condition(source.program):
            key = (each.rule, each.expression.place)
            merged.setdefault(key, set()).update(each.traits)
    for rule, place in merged:
        yield Finding(
            path=source.file.shown,
            line=place.line,
            column=place.column,
            rule_id=rule,
            code=source.lines[place.line - 1].strip(),
            traits=known_traits(frozenset(merged[rule, place])),
        )


def _unparsed(file: File, line: int, problem: str) -> Finding:
    return Finding(path=file.shown, line=line, column=1, rule_id="TQM901", detail=problem)


def _unread(file: File, problem: str) -> Finding:
    return Finding(path=file.shown, line=1, column=1, rule_id="TQM902", detail=problem)
