from __future__ import annotations

import inspect
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import tqsdk
from tqsdk import errors

ROOT = Path(tqsdk.__file__).parent.parent


def test_exports_are_sorted_and_there():
    assert tqsdk.__all__ == sorted(tqsdk.__all__)
    assert all(hasattr(tqsdk, name) for name in tqsdk.__all__)


def test_everything_public_in_the_namespace_is_exported():
    public = {
        name
        for name, value in vars(tqsdk).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }

    assert public | {"__version__"} == set(tqsdk.__all__)


def test_every_error_is_exported():
    tree = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.TaskQueueError)
    }

    assert tree <= set(tqsdk.__all__)


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert tqsdk.__version__ == project["version"]


def test_importing_brings_requests_and_nothing_else_from_outside():
    script = (
        "import requests, sys, json; before = set(sys.modules); import tqsdk, tqsdk.testing;"
        "print(json.dumps(sorted({m.partition('.')[0] for m in set(sys.modules) - before})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    new = set(json.loads(done.stdout)) - set(sys.stdlib_module_names)
    assert new == {"discovery", "tqsdk"}


def test_a_strangers_discovery_is_named_and_refused(tmp_path):
    stranger = tmp_path / "discovery.py"
    stranger.write_text("")
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import tqsdk"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.returncode == 1
    assert f"ImportError: {stranger} is not the `discovery` package" in done.stderr
