"""Python 2.7 with the last of Google's clients for it; where there is none, tests are skipped."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.together.kept import kept, run_installer

_REQUIREMENTS = Path(__file__).parent / "py27" / "requirements.txt"


@pytest.fixture(scope="session")
def python27() -> str:
    """A Python 2.7 that runs."""
    if (python := _python27()) is None:
        pytest.skip("no Python 2.7 here: neither python2.7 on the path, nor one known to pyenv")
    return python


@pytest.fixture(scope="session")
def packages(python27: str, say: Callable[[str], None]) -> Path:
    """Its user site, with the clients in it."""

    def install(folder: Path) -> None:
        flags = ("--user", "--ignore-installed", "--no-deps", "--no-warn-script-location")
        command = [python27, "-m", "pip", "install", *flags, "--requirement", str(_REQUIREMENTS)]
        run_installer(command, env=user_site(folder))

    made_by = f"google-api-python-client 1.7.12, for {python27}"
    return kept("py27", recipe=[_REQUIREMENTS], made_by=made_by, install=install, say=say)


def user_site(folder: Path) -> dict[str, str]:
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
