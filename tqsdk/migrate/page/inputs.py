"""What ``scan``, ``copy``, ``verify`` and ``rehearse`` have printed as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tqsdk.migrate.moving.model import MoveError

Members = Mapping[str, Any]

_SCAN = ("findings", "summary")
_MOVE = ("stored", "there", "refused")
_COMPARISON = ("same", "tasks_in_a", "tasks_in_b", "differences", "sha256_of_a", "sha256_of_b")
_REHEARSAL = ("good", "seconds", "stored", "worked", "lost_count", "doubled_count", "counters")


@dataclass(frozen=True, slots=True)
class Named:
    """One output, under the name of its file."""

    name: str
    members: Members


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a page is about."""

    scan: Members | None
    moves: Sequence[Named]
    comparisons: Sequence[Named]
    rehearsal: Members | None


def read(
    *,
    scan: Path | None,
    moves: Iterable[Path],
    comparisons: Iterable[Path],
    rehearsal: Path | None,
) -> Inputs:
    """Read the files.

    Raises:
        MoveError: One is not what it should be.
    """
    return Inputs(
        scan=None if scan is None else _read(scan, _SCAN, "tq migrate scan --format json"),
        moves=[_named(path, _MOVE, "tq --json migrate copy") for path in moves],
        comparisons=[_named(path, _COMPARISON, "tq --json migrate verify") for path in comparisons],
        rehearsal=None
        if rehearsal is None
        else _read(rehearsal, _REHEARSAL, "tq --json migrate rehearse"),
    )


def _named(path: Path, members: Sequence[str], command: str) -> Named:
    return Named(path.stem, _read(path, members, command))


def _read(path: Path, members: Sequence[str], command: str) -> Members:
    try:
        read: Any = json.loads(path.read_bytes())
    except ValueError as error:
        raise MoveError(f"{path}: this is not what `{command}` prints: {error}") from error
    found = cast(Members, read if isinstance(read, dict) else {})
    missing = [name for name in members if name not in found]
    if missing:
        raise MoveError(
            f"{path}: this is not what `{command}` prints: it has no {', '.join(missing)}"
        )
    return found
