"""``tq-emulator exec`` and ``env``, as shells and their users meet them."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from emulator.cli import main
from emulator.environment import server_variables, shell_lines
from tests.durability.process import ServerProcess, command, environment, failed_run

READY = """
import os
from urllib.request import urlopen
url = os.environ["TASKQUEUE_ENDPOINT"]
same = url == "http://" + os.environ["TASKQUEUE_EMULATOR_HOST"]
paths = ["/readyz", "/_emulator/v1/clock"]
print(*[urlopen(url + path).status for path in paths], "same" if same else "others")
"""

# Says that it can be told something, and then how often it was interrupted until it was terminated.
TOLD = """
import os, signal
told = []
def count(number, frame):
    told.append(number)
    os.write(1, b"told ")
def end(number, frame):
    os.write(1, b"%d times" % len(told))
    os._exit(3)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, count)
os.write(1, b"ready ")
while True:
    signal.pause()
"""


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return failed_run(folder, "exec", *arguments, **variables)


def test_the_command_finds_a_server_with_the_control_api_in_its_environment(tmp_path):
    done = run("--", sys.executable, "-c", READY, folder=tmp_path)

    # Nothing else is on standard output, which belongs to the command.
    assert (done.returncode, done.stdout, done.stderr) == (0, "200 200 same\n", "")


def test_options_after_the_command_are_the_commands(tmp_path):
    done = run("echo", "--port", "7", "--help", folder=tmp_path)

    assert done.stdout == "--port 7 --help\n"


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -9 $$", 128 + 9)])
def test_the_exit_code_is_the_commands(tmp_path, script, code):
    assert run("--", "sh", "-c", script, folder=tmp_path).returncode == code


@pytest.mark.parametrize(
    ("name", "code", "trouble"),
    [("no-such-program", 127, "No such file"), ("./folder", 126, "Permission denied")],
)
def test_a_command_that_cannot_be_run_is_one_line(tmp_path, name, code, trouble):
    (tmp_path / "folder").mkdir()

    done = run("--", name, folder=tmp_path)

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"tq-emulator: cannot run {name}: {trouble}")
    assert done.stderr.count("\n") == 1


def test_where_there_can_be_no_server_the_command_is_not_run(tmp_path):
    done = run("--store", "redis://", "--", "touch", "here", folder=tmp_path)

    assert done.returncode == 125
    assert done.stderr.startswith("tq-emulator: ")
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize(
    ("options", "left"), [((), set()), (("--store", "sqlite:///t.db"), {"t.db", "t.db.lock"})]
)
def test_only_a_store_that_is_asked_for_is_kept(tmp_path, options, left):
    mine = {"TQ_EMULATOR_STORE": "sqlite:///mine.db", "TQ_EMULATOR_PORT": "1"}

    done = run(*options, "true", folder=tmp_path, **mine)

    assert (done.returncode, done.stderr) == (0, "")
    assert {each.name for each in tmp_path.iterdir()} == left  # and closed in order


class Running:
    """``exec`` with the command TOLD, which has said that it is ready."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            command("exec", "--", sys.executable, "-c", TOLD),
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            start_new_session=True,  # away from the terminal of whoever runs the tests
        )
        assert self.read(6) == b"ready "

    def read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(size)

    def tell(self, number: int) -> None:
        self.process.send_signal(number)


@pytest.fixture
def running(tmp_path):
    running = Running(tmp_path)
    yield running
    with suppress(ProcessLookupError):  # nobody is left
        os.killpg(running.process.pid, signal.SIGKILL)
    running.process.communicate()


def test_signals_are_passed_on_and_the_command_says_what_comes_of_them(running):
    running.tell(signal.SIGINT)
    assert running.read(5) == b"told "
    running.tell(signal.SIGTERM)

    assert running.read(7) == b"1 times"
    assert running.process.wait(timeout=30) == 3


def test_ctrl_c_reaches_the_command_once(tmp_path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(command()[0], command("exec", "--", sys.executable, "-c", TOLD), environment())

    said = os.read(terminal, 6)
    os.write(terminal, b"\x03")
    while b"told " not in said:
        said += os.read(terminal, 100)
    os.kill(pid, signal.SIGTERM)
    while b"times" not in said:
        said += os.read(terminal, 100)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)

    assert said.endswith(b"1 times")
    assert os.waitstatus_to_exitcode(status) == 3


def test_a_signal_that_is_ignored_is_ignored_by_the_command_too(tmp_path):
    script = "trap '' HUP; exec \"$0\" exec -- sh -c 'kill -HUP $PPID; kill -HUP $$; echo alive'"

    done = subprocess.run(
        ["sh", "-c", script, *command()], cwd=tmp_path, env=environment(), capture_output=True
    )

    assert (done.returncode, done.stdout) == (0, b"alive\n")


def test_kill_9_takes_the_server_along(tmp_path):
    with subprocess.Popen(
        command("exec", "--", "sh", "-c", "echo $TASKQUEUE_EMULATOR_HOST; exec cat"),
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        host, _, port = process.stdout.readline().strip().partition(":")
        process.kill()
        process.wait()

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=10)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    process = ServerProcess(tmp_path_factory.mktemp("server"), "--store", "sqlite://")
    yield process
    process.kill()


def test_a_shell_that_evaluates_env_finds_the_server(tmp_path, server):
    script = (
        'eval "$("$0" env --url "$1/")"; "$0" wait --timeout 0 && echo "$TASKQUEUE_EMULATOR_HOST"'
    )

    done = subprocess.run(
        ["sh", "-c", script, *command(), server.url],
        env=environment(),
        capture_output=True,
        text=True,
    )

    assert (done.stdout, done.stderr) == (f"127.0.0.1:{server.port}\n", "")


@pytest.mark.parametrize(
    ("shell", "lines"),
    [
        ("sh", ["export A='it'\"'\"'s'", "unset B"]),
        ("fish", [r"set -gx A 'it\'s'", "set -e B"]),
        ("powershell", ["$Env:A = 'it''s'", "Remove-Item -ErrorAction Ignore Env:B"]),
    ],
)
def test_each_shell_is_told_in_its_own_language(shell, lines):
    assert shell_lines({"A": "it's", "B": None}, shell) == lines


def test_a_variable_that_means_plain_http_is_taken_away_for_https():
    variables = server_variables("https://h:1")

    assert variables["TASKQUEUE_EMULATOR_HOST"] is None
    assert variables["TASKQUEUE_ENDPOINT"] == "https://h:1"


def test_an_address_that_is_none_is_one_line():
    done = CliRunner().invoke(main, ["env", "--url", "localhost:8088"])

    assert done.exit_code == 2
    assert done.stderr.startswith("tq-emulator: url 'localhost:8088': use http://HOST:PORT")
