"""The programs of the time: google-api-python-client 1.7.12 and oauth2client on Python 2.7.

Where there is no Python 2.7 these tests are skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.together.conftest import a_project
from tests.together.kept import kept, run_installer
from tests.together.running import Server
from tests.together.walk import Transcript, Walk, refused, walked

_SCRIPTS = Path(__file__).parent / "py27"
_DOCUMENT = Path(__file__).parents[2] / "discovery" / "taskqueue.v1beta2.json"


@pytest.fixture(scope="session")
def python27() -> str:
    """A Python 2.7 that runs."""
    if (python := _python27()) is None:
        pytest.skip("no Python 2.7 here: neither python2.7 on the path, nor one known to pyenv")
    return python


@pytest.fixture(scope="session")
def packages(python27: str, say: Callable[[str], None]) -> Path:
    """Its user site, with the clients in it."""
    requirements = _SCRIPTS / "requirements.txt"

    def install(folder: Path) -> None:
        flags = ("--user", "--ignore-installed", "--no-deps", "--no-warn-script-location")
        command = [python27, "-m", "pip", "install", *flags, "--requirement", str(requirements)]
        run_installer(command, env=_user_site(folder))

    made_by = f"google-api-python-client 1.7.12, for {python27}"
    return kept("py27", recipe=[requirements], made_by=made_by, install=install, say=say)


@pytest.fixture(scope="module", params=["from_server", "from_document", "with_oauth2client"])
def transcript(
    python27: str, packages: Path, server: Server, request: pytest.FixtureRequest
) -> Transcript:
    command = [python27, str(_SCRIPTS / "walk_googleapiclient.py"), request.param]
    env = {**_user_site(packages), "DISCOVERY_DOCUMENT": str(_DOCUMENT)}
    return walked(command, server.url, a_project(), env=env)


class TestGoogleapiclient(Walk):
    """With a service built in each of three ways."""

    def test_a_batch_answers_each_part_by_itself(self, transcript):
        batch = transcript["batch"]

        assert (batch["insert"]["id"], batch["get"]["id"]) == ("x", "x")
        assert refused(batch["bad insert"])[:2] == (400, "invalid")
        assert batch["delete"] == ""


# The place for oauth2client with what `tq-emulator credentials` writes (key file, authorized user)
# against `--auth tokens`: a script py27/walk_oauth2client.py beside the other, run like it.


def _user_site(folder: Path) -> dict[str, str]:
    """The variables that make *folder* the place of a Python's user packages, and no other."""
    return {
        "PYTHONUSERBASE": str(folder),
        "PYTHONPATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONWARNINGS": "ignore",  # such as "Python 2.7 reached the end of its life"
    }


@cache
def _python27() -> str | None:
    return next((each for each in _candidates() if _runs(each)), None)


def _candidates() -> list[str]:
    found = [shutil.which(name) for name in ("python2.7", "python2")]
    return [*filter(None, found), *_of_pyenv()]


def _of_pyenv() -> list[str]:
    """Pyenv puts a ``python2.7`` on the path that runs only where 2.7 was chosen; so ask it."""
    if (pyenv := shutil.which("pyenv")) is None:
        return []
    names = subprocess.run([pyenv, "versions", "--bare"], capture_output=True, text=True).stdout
    roots = [
        subprocess.run([pyenv, "prefix", name], capture_output=True, text=True).stdout.strip()
        for name in names.split()
        if name.startswith("2.7")
    ]
    return [str(Path(root) / "bin" / "python2.7") for root in roots if root]


def _runs(python: str) -> bool:
    check = [python, "-c", "import sys; sys.exit(sys.version_info[:2] != (2, 7))"]
    try:
        return subprocess.run(check, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
