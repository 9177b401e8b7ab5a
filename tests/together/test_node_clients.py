"""Google's client for Node: npm's googleapis 22 (callbacks) and 28 (promises).

They have no batches. Where there is no Node these tests are skipped, but in CI they fail.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.testing import Server
from tests.together.conftest import a_project
from tests.together.walk import Transcript, Walk, walked

_SCRIPTS = Path(__file__).parent / "node"


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
