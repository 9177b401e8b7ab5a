"""Which files a scan looks into, and what each may be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

# Whatever is in these was not written here.
_SKIPPED_FOLDERS = {
    ".git",
    ".hg",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    "__pycache__",
    "bower_components",
    "node_modules",
    "site-packages",
}
_MARKS_OF_VIRTUALENVS = ("pyvenv.cfg", "bin/activate_this.py", "conda-meta")

_LANGUAGES = {
    ".py": "python",
    ".pyw": "python",
    ".java": "java",
    ".go": "go",
    ".php": "php",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".rb": "ruby",
    ".yaml": "configuration",
    ".yml": "configuration",
    ".xml": "configuration",
    ".json": "configuration",
    ".tf": "configuration",
    ".sh": "configuration",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file to look into.

    Attributes:
        path: Where it is.
        shown: What it is called in a report: relative as the argument was, with slashes.
        module: Its dotted name, from the root of all files on; of a package's ``__init__`` the
            package's.
        language: By its suffix, or by its first line.
    """

    path: Path
    shown: str
    module: str
    language: str

    @property
    def is_package(self) -> bool:
        return self.path.stem == "__init__"


def find(paths: Iterable[Path], exclude: Sequence[str] = ()) -> Iterator[File]:
    """The files in *paths* that may use the API, each once, in order.

    Virtual environments, what version control and package managers keep, and caches are left out;
    links to folders are not followed.

    Args:
        paths: Folders and files. A file that is named is looked into, whatever it is called.
        exclude: Patterns, as a shell has them, of paths below a folder, or of names.
    """
    seen: set[Path] = set()
    for root in paths:
        for path in [root] if root.is_file() else _inside(root, exclude):
            language = _LANGUAGES.get(path.suffix.lower()) or _by_first_line(path)
            whole = path.absolute()
            if language is not None and whole not in seen:
                seen.add(whole)
                yield File(path, path.as_posix(), _module(whole), language)


def _inside(root: Path, exclude: Sequence[str]) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        here = Path(folder)
        names[:] = sorted(
            name
            for name in names
            if name not in _SKIPPED_FOLDERS
            and not _is_virtualenv(here / name)
            and not _excluded((here / name).relative_to(root), exclude)
        )
        for name in sorted(files):
            path = here / name
            if path.is_file() and not _excluded(path.relative_to(root), exclude):
                yield path


def _excluded(path: Path, patterns: Sequence[str]) -> bool:
    return any(
        fnmatch(path.as_posix(), pattern.rstrip("/")) or fnmatch(path.name, pattern.rstrip("/"))
        for pattern in patterns
    )


def _is_virtualenv(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in _MARKS_OF_VIRTUALENVS)


def _by_first_line(path: Path) -> str | None:
    """Scripts without a suffix say what runs them."""
    if path.suffix:
        return None
    try:
        with path.open("rb") as stream:
            first = stream.readline(200)
    except OSError:
        return None
    return "python" if first.startswith(b"#!") and b"python" in first else None


def _module(path: Path) -> str:
    parts = [*path.parts[1:-1], path.stem]
    return ".".join(parts[:-1] if path.stem == "__init__" else parts)
