"""The pytest plugin, in test runs of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Modules that are there already are not imported by each run anew.
import emulator.app
import emulator.testing.kit
import emulator.testing.running
import emulator.testing.server  # noqa: F401

# What the tests of these runs begin with.
BEGINNING = """
import os, time, urllib.error, urllib.request
import pytest

def put(taskqueue, queue="q"):
    url = taskqueue.queue_url(queue) + "/tasks"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, b'{"payloadBase64": ""}', headers)
    urllib.request.urlopen(request).close()
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs tests in this process; they begin with what is above."""
    monkeypatch.delenv("TASKQUEUE_EMULATOR_HOST", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(tests: str, *, ini: str = "") -> pytest.RunResult:
        pytester.makepyfile(BEGINNING + tests)
        pytester.makeini(f"[pytest]\nfilterwarnings = error\n{ini}")
        without = ["-p", "no:xdist", "-p", "no:hypothesispytest"]  # it takes seconds to import
        return pytester.runpytest_inprocess("--strict-markers", *without)

    return run


def test_each_test_has_a_project_of_its_own_on_one_server(run):
    outcome = run(
        """
seen = []

@pytest.mark.parametrize("number", [1, 2, 3])
def test_it(taskqueue, number):
    assert taskqueue.tasks("q") == []
    put(taskqueue)
    taskqueue.assert_inserted("q", count=1)
    seen.append((taskqueue.project, taskqueue.url))

def test_they_differ(taskqueue_server):
    assert len({project for project, _ in seen}) == 3
    assert {url for _, url in seen} == {taskqueue_server.url}
    assert [each for each in taskqueue_server.queues() if each.tasks] == []
"""
    )

    outcome.assert_outcomes(passed=4)


def test_programs_find_the_project_through_the_environment(run):
    outcome = run(
        """
def test_it(taskqueue):
    assert os.environ["TASKQUEUE_EMULATOR_HOST"] == taskqueue.host
    assert os.environ["GOOGLE_CLOUD_PROJECT"] == taskqueue.project

def test_afterwards_nothing_is_set():
    assert "TASKQUEUE_EMULATOR_HOST" not in os.environ
"""
    )

    outcome.assert_outcomes(passed=2)


@pytest.mark.parametrize("mode", ["thread", "process", "wsgi"])
def test_the_mode_is_chosen_in_the_configuration(run, mode):
    outcome = run(
        f"""
from emulator.testing.server import NotThereError

def there(server, what):
    try:
        return bool(getattr(server, what))
    except NotThereError:
        return False

def test_it(taskqueue, taskqueue_server):
    assert taskqueue.server is taskqueue_server
    found = there(taskqueue.server, "url"), there(taskqueue.server, "wsgi")
    assert found == {(mode != "wsgi", mode != "process")}

@pytest.mark.taskqueue(queues=["mail"])
def test_of_a_server_of_its_own_too(taskqueue):
    found = there(taskqueue.server, "url"), there(taskqueue.server, "wsgi")
    assert found == {(mode != "wsgi", mode != "process")}
""",
        ini=f"taskqueue_mode = {mode}",
    )

    outcome.assert_outcomes(passed=2)


def test_a_marked_test_has_a_server_of_its_own(run):
    outcome = run(
        """
@pytest.mark.taskqueue(queues=["mail"])
def test_only_these_queues(taskqueue, taskqueue_server):
    assert taskqueue.server is not taskqueue_server
    put(taskqueue, "mail")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        put(taskqueue, "other")

@pytest.mark.taskqueue(mode="wsgi")
class TestOfAClass:
    def test_without_a_port(self, taskqueue):
        assert taskqueue.environment.keys() == {"GOOGLE_CLOUD_PROJECT"}
"""
    )

    outcome.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        ("'mail'", "takes only named arguments"),
        ("limits='lax'", "*limits 'lax': use standard, strict, relaxed*"),
        ("colour='red'", "*colour*"),
    ],
)
def test_a_marker_that_says_nothing_good_is_an_error(run, marker, text):
    outcome = run(f"@pytest.mark.taskqueue({marker})\ndef test_it(taskqueue): pass")

    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines([f"*{text}*"])


def test_the_failure_shows_what_is_there_and_not_how_it_was_looked_for(run):
    outcome = run(
        """
def test_it(taskqueue):
    put(taskqueue)
    taskqueue.assert_inserted("q", payload="hello")
"""
    )

    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*expected a task with payload 'hello' in queue 'q', found 0*"])
    outcome.stdout.no_fnmatch_line("*kit.py*")


@pytest.mark.parametrize("how", ["ini", "fixture"])
def test_a_test_that_sleeps_fails(run, how):
    outcome = run(
        f"""
pytestmark = {"[]" if how == "ini" else "pytest.mark.usefixtures('no_sleep')"}

def test_asleep():
    time.sleep(0.001)

def test_asleep_and_caught():
    try:
        time.sleep(0.001)
    except Exception:
        pass

def test_awake(taskqueue):
    taskqueue.wait_until_empty("q")
""",
        ini="taskqueue_no_sleep = true" if how == "ini" else "",
    )

    outcome.assert_outcomes(passed=1, failed=2)
    outcome.stdout.fnmatch_lines(["*a test may not sleep: time.sleep(0.001) at *"])


def test_unless_it_is_asked_for_tests_may_sleep(run):
    outcome = run("def test_it(taskqueue): time.sleep(0.001)")

    outcome.assert_outcomes(passed=1)


def test_what_a_test_did_to_the_server_is_undone(run):
    outcome = run(
        """
from emulator.testing import Fault

def test_clock(taskqueue_clock, taskqueue):
    put(taskqueue)
    taskqueue_clock.advance(7 * 86_400)
    assert taskqueue_clock.state.is_virtual

def test_the_time_is_the_machines_again(taskqueue_server):
    assert not taskqueue_server.clock.state.is_virtual
    assert abs(taskqueue_server.clock.now().timestamp() - time.time()) < 60

def test_faults(taskqueue_faults, taskqueue):
    taskqueue_faults.add(Fault(method="insert", status=503))
    with pytest.raises(urllib.error.HTTPError, match="503"):
        put(taskqueue)

def test_there_are_none_again(taskqueue, taskqueue_server):
    assert taskqueue_server.faults.all() == []
    put(taskqueue)

def test_journal(taskqueue_journal, taskqueue):
    put(taskqueue)
    (entry,) = taskqueue_journal.entries()
    assert entry.method == "taskqueue.tasks.insert"

def test_that_of_another_test_is_not_seen(taskqueue_journal):
    assert taskqueue_journal.entries() == []
"""
    )

    outcome.assert_outcomes(passed=6)


def test_the_plugin_costs_those_nothing_who_do_not_use_it():
    program = (
        "import sys, pytest\n"
        "import emulator.testing.plugin\n"
        "print([each for each in sys.modules if each.startswith(('emulator', 'msgspec', 'flask'))])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "['emulator', 'emulator.testing', 'emulator.testing.plugin']\n"
