from __future__ import annotations

import inspect
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

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
        "import requests; before = set(sys.modules); import tqsdk, tqsdk.testing\n"
        "show(sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )

    assert set(shown_by(script)) - set(sys.stdlib_module_names) == {"discovery", "tqsdk"}


@pytest.mark.parametrize("module", ["tqsdk.compat.discovery", "tqsdk.codecs"])
def test_what_needs_nothing_of_others_brings_nothing_of_them(module):
    script = f"import {module}; show([m for m in sys.modules if m in {OTHERS!r}])"

    # The errors of googleapiclient are taken from there, if it is installed; and httplib2's.
    allowed = {"googleapiclient", "httplib2"} if "compat" in module else set()
    assert set(shown_by(script)) <= allowed


OTHERS = {
    "aiohttp", "click", "flask", "google.auth", "googleapiclient", "googleapiclient.discovery",
    "httplib2", "msgspec", "opentelemetry", "pydantic", "rich",
}  # fmt: skip


def test_importing_reads_no_environment_sets_up_no_logging_and_starts_nothing():
    script = """
import logging, os, requests, threading

class Unread(dict):
    def __getitem__(self, name): raise AssertionError(f"{name} was read")
    get = __contains__ = __getitem__

def hook(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.putenv", "os.system", "os.fork")):
        raise AssertionError(event)

logging_before = (logging.root.level, list(logging.root.handlers), logging.raiseExceptions)
environment, os.environ = os.environ, Unread(os.environ)
sys.addaudithook(hook)
import tqsdk, tqsdk.testing
os.environ = environment

logging_now = (logging.root.level, list(logging.root.handlers), logging.raiseExceptions)
ours = logging.getLogger("tqsdk")
show([
    logging_now == logging_before,
    [type(each).__name__ for each in ours.handlers], ours.level, ours.propagate,
    [each.name for each in threading.enumerate()],
])
"""

    assert shown_by(script) == [True, ["NullHandler"], 0, True, ["MainThread"]]


def test_a_strangers_discovery_is_named_and_refused(tmp_path):
    stranger = tmp_path / "discovery.py"
    stranger.write_text("")
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import tqsdk"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.returncode == 1
    assert f"ImportError: {stranger} is not the `discovery` package" in done.stderr


def shown_by(script):
    """What *script*, in a process of its own, calls ``show`` with."""
    head = "import json, sys; show = lambda value: print(json.dumps(value))\n"
    done = subprocess.run(
        [sys.executable, "-c", head + script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
