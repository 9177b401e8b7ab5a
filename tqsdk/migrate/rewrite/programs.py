"""Reads programs, has them changed, and says what became of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import libcst as cst

from tqsdk.migrate.findings import Finding
from tqsdk.migrate.flow import Analysis
from tqsdk.migrate.program import Program
from tqsdk.migrate.rewrite import compat, imports, sdk
from tqsdk.migrate.rewrite.edits import Edits
from tqsdk.migrate.scan import Source, analyse

TARGETS = ("tqsdk", "compat")


@dataclass(frozen=True, slots=True)
class Change:
    """What a rewriting makes of one program.

    Attributes:
        path: The file.
        shown: What it is called in a report.
        before: Its text.
        after: What it would be; the same if nothing is to be changed.
        encoding: Of the file.
        notes: How many notes for people are new in it.
    """

    path: Path
    shown: str
    before: str
    after: str
    encoding: str
    notes: int

    def diff(self) -> str:
        """As ``diff -u`` has it."""
        before, after = (each.splitlines(keepends=True) for each in (self.before, self.after))
        return "".join(unified_diff(before, after, self.shown, self.shown))

    def write(self) -> None:
        """Put the new text in the place of the old, all of it or nothing."""
        beside = self.path.with_name(f".{self.path.name}.tq-migrate")
        try:
            beside.write_bytes(self.after.encode(self.encoding))
            shutil.copymode(self.path, beside)
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What came of all programs.

    Attributes:
        changes: Of those that change.
        left: What uses the API, and is not rewritten: Python 2, and what cannot be read.
    """

    changes: tuple[Change, ...]
    left: tuple[Finding, ...]


def rewrite(
    paths: Iterable[Path],
    to: str,
    *,
    exclude: Sequence[str] = (),
    step: Callable[[], None] = lambda: None,
) -> Rewriting:
    """What the programs in *paths* would be; nothing is written.

    Args:
        paths: Folders and files; what they import from each other is followed.
        to: ``tqsdk`` or ``compat``.
        exclude: As for ``scan``.
        step: Called for every file that has been looked into.
    """
    state, analysis = analyse(paths, exclude=exclude, step=step)
    edits = _of_compat(state.sources) if to == "compat" else _of_sdk(state.sources, analysis)
    changes = [_change(source, edits[source]) for source in state.sources if source in edits]
    left = [finding for source in state.sources for finding in _left(source)]
    unread = [each for each in state.found if each.rule_id == "TQM902"]
    return Rewriting(tuple(each for each in changes if each.after != each.before), (*left, *unread))


def _of_compat(sources: Iterable[Source]) -> dict[Source, Edits]:
    return {
        source: compat.edits(source.tree, source.program)
        for source in sources
        if isinstance(source.tree, cst.Module)
    }


def _of_sdk(sources: Iterable[Source], analysis: Analysis) -> dict[Source, Edits]:
    """The changes; programs that have to do with one another change together, or not at all."""
    work: dict[Program, tuple[Source, sdk.Rewriting]] = {}
    for source in sources:
        if isinstance(source.tree, cst.Module):
            rewriting = sdk.Rewriting(source.tree, source.program, analysis)
            work[source.program] = (source, rewriting)
    unclear = {program: each.file.shown for program, (each, how) in work.items() if how.unclear}
    unclear |= {
        source.program: source.file.shown
        for source in sources
        if source.tree is None and source.program.sightings
    }
    for program, (_, rewriting) in work.items():
        near = [unclear[each] for each in analysis.connected(program) if each in unclear]
        if near and program not in unclear:
            rewriting.refrain(near[0])
    return {source: rewriting.result() for source, rewriting in work.values()}


def _change(source: Source, edits: Edits) -> Change:
    module = source.tree
    assert isinstance(module, cst.Module)
    before = module.code
    changed = edits.apply(module)
    if edits.replaced:
        changed = imports.tidy(module, changed)
    after = changed.code
    return Change(
        source.file.path,
        source.file.shown,
        before,
        after,
        source.encoding,
        _notes(after) - _notes(before),
    )


def _notes(text: str) -> int:
    return sum(line.lstrip().startswith("# TQM") for line in text.splitlines())


def _left(source: Source) -> Iterator[Finding]:
    if source.mistake is not None:
        yield source.mistake
    elif source.tree is None and source.program.sightings:
        line, rule = min(
            (each.expression.place.line, each.rule) for each in source.program.sightings
        )
        yield Finding(
            path=source.file.shown,
            line=line,
            column=1,
            rule_id=rule,
            code=source.lines[line - 1].strip(),
            detail="this is Python 2, which is not rewritten",
        )
