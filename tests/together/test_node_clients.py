"""Google's client for Node: npm's googleapis 22 (callbacks) and 28 (promises).

They have no batches. Where there is no Node these tests are skipped, but in CI they fail.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.together.conftest import a_project
from tests.together.kept import kept, run_installer, unavailable
from tests.together.running import Server
from tests.together.walk import Transcript, Walk, walked

_SCRIPTS = Path(__file__).parent / "node"


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
    recipe = [_SCRIPTS / "package.json", _SCRIPTS / "package-lock.json"]
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


@pytest.fixture(scope="module", params=["root_url", "discovery"])
def way(request: pytest.FixtureRequest) -> str:
    """How the client learns where the server is."""
    return str(request.param)


@pytest.fixture(scope="module", params=["googleapis22", "googleapis28"])
def transcript(
    node: str, modules: Path, server: Server, way: str, request: pytest.FixtureRequest
) -> Transcript:
    script = [node, "--no-deprecation", str(_SCRIPTS / "walk_googleapis.js")]
    return walked(
        [*script, request.param, way], server.url, a_project(), env={"NODE_PATH": str(modules)}
    )


class TestGoogleapis(Walk):
    """With either package, in either way."""
