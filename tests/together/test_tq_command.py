"""The installed command ``tq``, as shells start it; what needs no process is in tests/tqsdk/cli."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.durability.process import environment

TQ = Path(sys.executable).with_name("tq")


@pytest.fixture
def env(server, project):
    return environment(
        TASKQUEUE_ENDPOINT=server.url,
        GOOGLE_CLOUD_PROJECT=project,
        PATH=f"{TQ.parent}{os.pathsep}{os.environ['PATH']}",
    )


@pytest.fixture
def shell(env, tmp_path):
    """Run a line in bash, a pipe failing if any part of it does."""

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_tasks_travel_through_pipes(shell, queue):
    done = shell(
        "printf 'one\\ntwo\\nthree\\n' | tq tasks insert q1 > names &&"
        " tq tasks lease q1 --max-tasks 2 --json"
        " | tq tasks renew - --seconds 300 --json | tq tasks delete - > done"
        " && head -n 2 names | diff - done && tq drain q1"
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "three\n", "")
    assert queue.list() == []


def test_a_reader_who_has_enough_ends_it_quietly_and_loses_nothing(shell, queue):
    for name in "ab":
        queue.insert("x", name=name)

    done = shell("tq drain q1 | true")

    assert (done.returncode, done.stderr) == (141, "")
    assert len(queue.lease(max_tasks=9)) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line_and_loses_nothing(shell, queue):
    queue.insert("x")

    done = shell("tq drain q1 > /dev/full")

    assert done.returncode == 1
    assert done.stderr == "tq: standard output: No space left on device\n"
    assert len(queue.lease()) == 1


def test_an_interrupt_ends_with_130_and_gives_tasks_back(env, queue):
    queue.insert("x" * 500_000)
    running = subprocess.Popen(
        [TQ, "drain", "q1"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout is not None
    running.stdout.read(1)  # by now it waits for a reader of the rest

    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)

    assert (running.returncode, errors) == (130, b"\n")
    assert len(queue.lease()) == 1


def test_a_terminal_gets_a_table_and_progress(env, queue):
    queue.insert("hello", name="a")
    ours, theirs = pty.openpty()

    subprocess.run([TQ, "tasks", "get", "q1", "a"], env=env, stdout=theirs, check=True, timeout=30)

    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    assert "PAYLOAD" in shown
    assert "hello" in shown
    assert "\t" not in shown


def test_bash_completes_commands_and_methods(env):
    words = {"COMP_WORDS": "tq call tasks.le", "COMP_CWORD": "2", "_TQ_COMPLETE": "bash_complete"}

    done = subprocess.run(
        [TQ], env=env | words, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.stdout.split() == ["plain,tasks.lease"]


@pytest.mark.parametrize(
    ("missing", "said", "code"),
    [
        ("click", "tq: click is not installed: pip install 'taskqueue-sdk[cli]'\n", 1),
        ("rich", "tq, version 0.1.0\n", 0),
    ],
)
def test_without_the_extra_it_says_what_to_install(missing, said, code):
    program = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['tq', '--version'];"
        " from tqsdk.cli.__main__ import main; main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )

    assert (done.stdout + done.stderr, done.returncode) == (said, code)


def test_it_runs_as_a_module_too(env, project, queue):
    queue.insert("x", name="a")

    done = subprocess.run(
        [sys.executable, "-m", "tqsdk.cli", "tasks", "list", "q1", "--json"],
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert json.loads(done.stdout)["project"] == f"s~{project}"
