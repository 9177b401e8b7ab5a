"""The program that runs inside App Engine, run here over as much of App Engine as it calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.together.python27 import python27  # noqa: F401 - a fixture
from tqsdk.migrate.moving.files import opened

FAKE = Path(__file__).parent / "appengine"


@pytest.fixture(params=["2.7", "3"])
def python(request):
    return sys.executable if request.param == "3" else request.getfixturevalue("python27")


class AppEngine:
    """An application with a pull queue, and the program in it."""

    def __init__(self, python, folder):
        self._python = python
        self._folder = folder
        self._state = folder / "state.json"
        self.file = folder / "mail.jsonl"
        self.fill(3)

    def fill(self, count, **changes):
        tasks = [
            {"name": f"t{n}", "payload": f"p\u00e4y {n}", "retry_count": 0} for n in range(count)
        ]
        tasks[0]["tag"] = "r\u00f6d"
        state = {"tasks": tasks, "at_once": 2, "troubles": 0, "dies": False, **changes}
        self._state.write_text(json.dumps(state), "utf-8")

    def tasks(self):
        return json.loads(self._state.read_text("utf-8"))["tasks"]

    def end_leases(self):
        state = json.loads(self._state.read_text("utf-8"))
        for task in state["tasks"]:
            task["leased"] = False
        self._state.write_text(json.dumps(state), "utf-8")

    def run(self, *arguments):
        return subprocess.run(
            [self._python, self._folder / "tq_export.py", *arguments, "mail", str(self.file)],
            env={**os.environ, "FAKE_TASKQUEUE": str(self._state), "PYTHONPATH": str(FAKE)},
            capture_output=True,
            text=True,
            check=False,
        )

    def records(self):
        with opened(self.file) as records:
            return list(records)


@pytest.fixture
def appengine(python, tq, folder):
    (folder / "tq_export.py").write_bytes(tq("migrate", "script", "appengine").out)
    return AppEngine(python, folder)


def test_what_is_drained_is_in_the_file_and_gone(appengine):
    done = appengine.run("--drain")

    assert (done.returncode, done.stderr) == (0, "")
    assert appengine.tasks() == []
    first, *rest = appengine.records()
    assert (first.project, first.queue, first.name, first.tag) == (
        "my-app",
        "mail",
        "t0",
        "r\u00f6d",
    )
    assert (first.payload, first.retry_count) == ("p\u00e4y 0".encode(), 0)
    assert [each.name for each in rest] == ["t1", "t2"]


def test_what_is_copied_is_in_the_file_and_stays(appengine):
    done = appengine.run()

    assert (done.returncode, done.stderr) == (0, "")
    assert len(appengine.records()) == len(appengine.tasks()) == 3


def test_a_run_that_died_before_it_deleted_is_taken_up(appengine):
    appengine.fill(3, dies=True)
    assert appengine.run("--drain").returncode == 9

    done = appengine.run("--drain")

    assert (done.returncode, appengine.tasks()) == (0, [])
    assert [each.name for each in appengine.records()] == ["t0", "t1", "t2"]


def test_a_line_that_was_torn_is_mended(appengine):
    appengine.run()
    lines = appengine.file.read_bytes().splitlines(keepends=True)
    appengine.file.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    appengine.end_leases()

    done = appengine.run()

    assert (done.returncode, len(appengine.records())) == (0, 3)


def test_trouble_for_a_moment_is_waited_for(appengine):
    appengine.fill(1, troubles=1)

    assert appengine.run("--drain").returncode == 0
    assert len(appengine.records()) == 1


def test_a_file_that_is_complete_is_not_written_to(appengine):
    appengine.run()
    whole = appengine.file.read_bytes()

    done = appengine.run()

    assert "is complete: give another file" in done.stderr
    assert appengine.file.read_bytes() == whole
