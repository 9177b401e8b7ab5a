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
from tqsdk.migrate.rewrite import compat, imports, sdk
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
    changes = [_change(source, analysis, to) for source in state.sources if source.tree]
    left = [finding for source in state.sources for finding in _left(source)]
    unread = [each for each in state.found if each.rule_id == "TQM902"]
    return Rewriting(tuple(each for each in changes if each.after != each.before), (*left, *unread))


def _change(source: Source, analysis: Analysis, to: str) -> Change:
    module = source.tree
    assert isinstance(module, cst.Module)
    before = module.code
    if to == "compat":
        edits = compat.edits(module, source.program)
    else:
        edits = sdk.edits(module, source.program, analysis)
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
