"""Unchanged programs, with Google's address wired in, under ``tq-emulator exec --intercept``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.durability.process import command
from tests.emulator.auth.running import clean_environment
from tests.together.python27 import user_site

_PROGRAMS = Path(__file__).parent / "intercepted"
_PROJECT = "s~my-app"


def intercepted(program: Sequence[str], folder: Path, **variables: str) -> str:
    """What *program* prints, which may reach nobody else."""
    done = subprocess.run(
        command("exec", "--intercept", "--offline", "--", *program),
        cwd=folder,
        # Nothing of a developer's own: neither their credentials nor whom they trust.
        env=clean_environment(HOME=str(folder), CLOUDSDK_CONFIG=str(folder), **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{program} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("program", ["googleapi.py", "plain_http.py"])
def test_python_3(tmp_path, program):
    said = intercepted([sys.executable, str(_PROGRAMS / program), _PROJECT], tmp_path)

    assert said == "hello\n"


@pytest.mark.parametrize("program", ["googleapi.py", "plain_http.py"])
def test_python_2_7(python27, packages, tmp_path, program):
    variables = user_site(packages)

    said = intercepted([python27, str(_PROGRAMS / program), _PROJECT], tmp_path, **variables)

    assert said == "hello\n"


@pytest.mark.parametrize("package", ["googleapis22", "googleapis28"])
def test_node(node, modules, tmp_path, package):
    program = [node, "--no-deprecation", str(_PROGRAMS / "googleapis.js"), package, _PROJECT]

    assert intercepted(program, tmp_path, NODE_PATH=str(modules)) == "hello\n"


@pytest.mark.skipif(shutil.which("java") is None, reason="no java here")
def test_java(tmp_path):
    quick = "-XX:TieredStopAtLevel=1"
    java = ["java", quick, str(_PROGRAMS / "Intercepted.java"), _PROJECT]

    assert intercepted(java, tmp_path) == "hello\n"


@pytest.mark.skipif(shutil.which("go") is None, reason="no go here")
def test_go(tmp_path):
    go = ["go", "run", str(_PROGRAMS / "intercepted.go"), _PROJECT]

    assert intercepted(go, tmp_path, GOCACHE=str(tmp_path), GOFLAGS="-mod=mod") == "hello\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl_is_told_by_us_that_another_api_of_google_is_not_here(tmp_path):
    url = "https://pubsub.googleapis.com/v1/projects/p/topics"

    said = intercepted(["curl", "-sS", "-w", "%{http_code}", url], tmp_path)

    assert said.endswith("404")
    assert '"message": "Not Found"' in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_offline_no_other_host_is_reached(tmp_path):
    said = intercepted(["sh", "-c", "curl -sS https://example.com/ 2>&1; echo"], tmp_path)

    assert "403" in said
