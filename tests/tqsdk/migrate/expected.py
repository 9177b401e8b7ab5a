"""The corpus: programs of ours and of others, each line marked with what a scan finds in it.

``# <- TQM011 TQM025`` at the end of a line, in the language's own kind of comment. A program whose
second generation is tested begins with ``# rewrite:`` and what it can be rewritten to.
"""

from __future__ import annotations

import re
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
OURS = CORPUS / "ours"
OTHERS = CORPUS / "others"

_MARK = re.compile(r"<- ((?:TQM\d{3} ?)+)")
_REWRITE = re.compile(r"# rewrite: ([a-z ]+)\n")


def marks(path: Path) -> set[tuple[int, str]]:
    """The line and the rule of all that is to be found in a file."""
    return {
        (number, rule)
        for number, line in enumerate(_text(path).splitlines(), 1)
        for found in _MARK.findall(line)
        for rule in found.split()
    }


def files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pyc")


def rewritable(target: str) -> list[Path]:
    """The programs that can be rewritten to *target*."""
    return [path for path in files(OURS) if target in rewritten_to(path)]


def rewritten_to(path: Path) -> list[str]:
    found = _REWRITE.match(_text(path))
    return found[1].split() if found else []


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")
