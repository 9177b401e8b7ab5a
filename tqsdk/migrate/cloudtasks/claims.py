"""Claim checks: a payload that is too large lies elsewhere, and the task says where."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias, cast

from tqsdk.migrate.moving.model import MoveError

# Takes the name of a task and its payload, and tells where that is now. It may be called again for
# the same task, and must have it on the disk, or wherever it is safe, when it returns.
Keep: TypeAlias = Callable[[str, bytes], str]

_FUNCTION = "python:"


def keeper(text: str) -> Keep:
    """What ``claim-check=`` names: ``python:MODULE:FUNCTION``, or else a folder.

    Raises:
        MoveError: It is neither.
    """
    if text.startswith(_FUNCTION):
        return _function(text.removeprefix(_FUNCTION))
    folder = Path(text).resolve()
    if not folder.is_dir():
        raise MoveError(f"claim-check: {folder} is no folder")
    return lambda name, payload: _keep(folder / f"{name}.payload", payload)


def read(where: str) -> bytes:
    """A payload that was kept in a folder.

    Raises:
        MoveError: It was kept elsewhere, or is not there.
    """
    path = Path(where.removeprefix("file://"))
    try:
        if where.startswith("file://"):
            return path.read_bytes()
    except OSError as error:
        raise MoveError(f"a payload was kept as {where}: {error}") from error
    raise MoveError(f"a payload was kept as {where}, which only the program that kept it can read")


def _keep(path: Path, payload: bytes) -> str:
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return f"file://{path}"


def _function(text: str) -> Keep:
    module, _, name = text.partition(":")
    try:
        found: Any = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise MoveError(f"claim-check: {text!r} is no MODULE:FUNCTION: {error}") from error
    if not callable(found):
        raise MoveError(f"claim-check: {text!r} cannot be called")
    return cast(Keep, found)
