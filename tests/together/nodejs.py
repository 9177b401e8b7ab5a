"""Node with both packages of Google's client; where there is none, tests are skipped."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.together.kept import kept, run_installer, unavailable

_FOLDER = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def node() -> str:
    """A Node that runs, and has npm."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        unavailable("node and npm are not on the path: no test of npm's googleapis")
    return found


@pytest.fixture(scope="session")
def modules(node: str, say: Callable[[str], None]) -> Path:
    """The folder with both packages."""
    recipe = [_FOLDER / "package.json", _FOLDER / "package-lock.json"]
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    made_by = f"npm's googleapis, for Node {version}"

    def install(folder: Path) -> None:
        for file in recipe:
            shutil.copy(file, folder)
        npm = shutil.which("npm") or "npm"
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        run_installer([npm, "ci", "--prefix", str(folder), *quiet])

    folder = kept("node", recipe=recipe, made_by=made_by, install=install, say=say)
    return folder / "node_modules"
