"""``tq migrate forward`` as people run it: a process that goes on until it is told to stop."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from tests.durability.process import environment
from tests.together.test_tq_command import TQ
from tqsdk import Client, NewTask

_FORWARD = (TQ, "--json", "migrate", "forward")
_QUICKLY = ("--poll", "0.05", "--report-every", "0.01")
_PATIENCE = 30.0  # seconds


@pytest.fixture
def other(server, project):
    with Client(f"{project}-new", endpoint=server.url) as client:
        yield client.queue("q2")


class Forward:
    """The command, running."""

    def __init__(self, server, project, folder, *options, between=None):
        there = f"{server.url.replace('http', 'tq+http')}/{project}-new/q2"
        self._process = subprocess.Popen(
            [*_FORWARD, *(between or ("tq:q1", there)), *_QUICKLY, *options],
            cwd=folder,
            env=environment(TASKQUEUE_ENDPOINT=server.url, GOOGLE_CLOUD_PROJECT=project),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, count):
        """Read what it prints until so many tasks are done with."""
        for line in self._process.stdout:
            state = json.loads(line)
            if state["stored"] + state["refused"] >= count:
                return
        raise AssertionError(f"it ended before it had {count}: {self._process.stderr.read()}")

    def end(self, number=signal.SIGTERM):
        """Its exit code, the lines of its output, and what it said."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self):
        out, err = self._process.communicate(timeout=_PATIENCE)
        return self._process.returncode, [json.loads(line) for line in out.splitlines()], err


def names_in(queue):
    return sorted(task.name for task in queue.list())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_forwards_what_is_there_and_what_comes_until_it_is_told_to_stop(
    server, project, tmp_path, queue, other, number
):
    queue.insert_many([NewTask("x", name=f"early-{n}") for n in range(20)])
    forward = Forward(server, project, tmp_path)
    forward.until(20)

    queue.insert("hello", name="late", tag="red")
    forward.until(21)
    code, states, said = forward.end(number)

    assert (code, said) == (0, "")
    assert (states[-1]["stored"], states[-1]["refused"]) == (21, 0)
    task = other.get("late")
    assert (task.payload, task.tag) == (b"hello", "red")


def test_a_run_that_was_killed_is_taken_up_and_dead_letters_can_be_imported(
    server, project, tmp_path, queue, other
):
    names = [f"t-{n}" for n in range(50)]
    other.insert("another", name="t-7")
    queue.insert_many([NewTask("x", name=name) for name in names])
    forward = Forward(server, project, tmp_path, "--batch", "5", "--dead-letters", "dead.jsonl")
    forward.until(10)
    forward.end(signal.SIGKILL)

    forward = Forward(server, project, tmp_path, "--batch", "5", "--dead-letters", "dead.jsonl")
    forward.until(50)
    code, states, _ = forward.end()

    assert code == 0
    assert states[-1]["refused"] == 1
    assert names_in(other) == sorted(names)
    done = subprocess.run(
        [TQ, "migrate", "import", "dead.jsonl", "dead"],
        cwd=tmp_path,
        env=environment(TASKQUEUE_ENDPOINT=server.url, GOOGLE_CLOUD_PROJECT=project),
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
    )
    assert done.returncode == 0
    assert names_in(queue._client.queue("dead")) == ["t-7"]


def test_on_the_way_back_names_are_blocked_and_a_suffix_helps(
    server, project, tmp_path, queue, other
):
    queue.insert("x", name="a")
    back = (f"{server.url.replace('http', 'tq+http')}/{project}-new/q2", "tq:q1")
    forward = Forward(server, project, tmp_path)
    forward.until(1)
    forward.end()

    forward = Forward(server, project, tmp_path, "--suffix", "-back", between=back)
    forward.until(1)
    _, states, _ = forward.end()

    assert names_in(queue) == ["a-back"]
    assert (states[-1]["stored"], states[-1]["refused"]) == (1, 0)


def test_a_dry_run_counts_and_changes_nothing(server, project, tmp_path, queue, other):
    queue.insert("x", name="a")

    code, counted, _ = Forward(server, project, tmp_path, "--dry-run").wait()

    assert (code, counted) == (0, [{"tasks": 1}])
    assert (names_in(queue), names_in(other)) == (["a"], [])
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_for_copy(tmp_path):
    (tmp_path / "a.jsonl").touch()

    done = subprocess.run(
        [TQ, "--project", "p", "migrate", "forward", "a.jsonl", "file:b.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
    )

    assert done.returncode == 2
    assert "`tq migrate copy`" in done.stderr
