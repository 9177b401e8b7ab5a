"""Clients of other languages: installed on first use into ``.venv/``, and kept there."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

_KEPT = Path(__file__).parents[2] / ".venv"


def kept(
    name: str,
    *,
    recipe: Sequence[Path],
    made_by: str,
    install: Callable[[Path], None],
    say: Callable[[str], None],
) -> Path:
    """The folder ``.venv/<name>``, as *install* left it when *recipe* was last changed.

    Test processes wait for the one that installs. What was made from another recipe, or by another
    program, is thrown away first; so is what an interrupted installation left.

    Args:
        name: Of the folder.
        recipe: The files that say what is installed.
        made_by: The program that does it, with its version.
        install: Fills the empty folder that it is given.
        say: Tells the user.
    """
    folder = _KEPT / name
    stamp = folder / ".made-from"
    wanted = hashlib.sha256(made_by.encode() + b"".join(f.read_bytes() for f in recipe)).hexdigest()
    _KEPT.mkdir(exist_ok=True)
    with (_KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            return folder
        say(f"Setting up {folder.relative_to(_KEPT.parent)}: {made_by} (first use only) ...")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        install(folder)
        stamp.write_text(wanted)
    return folder


def run_installer(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
    """Run a package manager; where it fails, skip, or in CI fail."""
    done = subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        unavailable(f"{' '.join(command[:4])} ... failed: {(done.stderr or done.stdout)[-1500:]}")


def unavailable(reason: str) -> NoReturn:
    """Skip on a laptop, which may lack tools or be offline; fail in CI, which may not."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
