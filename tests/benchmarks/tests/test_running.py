"""What a run starts and keeps is gone when the run is, however it ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import machine
from tests.benchmarks.errors import BusyError, SpoiledError
from tests.benchmarks.folder import fresh_folder
from tests.benchmarks.running import answers_http, free_port, running

ROOT = Path(__file__).parents[3]

# Starts a server, says its process id, and waits.
STARTS = """
import signal, sys
from pathlib import Path
from tests.benchmarks.running import answers_http, free_port, running

port = free_port()
command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
with running(command, folder=Path(sys.argv[1]), port=port, answers=answers_http) as server:
    print(server.process, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_with_the_benchmark_that_is_killed(tmp_path, number):
    command = [sys.executable, "-c", STARTS, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as benchmark:
        server = os.pidfd_open(int(benchmark.stdout.readline()))
        try:
            benchmark.send_signal(number)

            ended, _, _ = select.select([server], [], [], 20)
        finally:
            os.close(server)

    assert ended


def test_a_server_ends_with_its_block(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]

    with running(command, folder=tmp_path, port=port, answers=answers_http) as server:
        assert server.cpu_seconds() > 0
        assert server.resident_bytes() > 1_000_000

    assert not answers_http(port)


def test_a_server_that_ends_at_once_is_quoted(tmp_path):
    command = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]

    with (
        pytest.raises(SpoiledError, match="no such luck"),
        running(command, folder=tmp_path, port=free_port(), answers=answers_http),
    ):
        pass


def test_the_kernel_gives_a_free_port_to_nobody_else():
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert free_port() < first or first <= 10_000


def test_only_one_run_has_a_folder(tmp_path):
    with fresh_folder(tmp_path), pytest.raises(BusyError), fresh_folder(tmp_path):
        pass


def test_a_run_removes_what_a_killed_one_left_and_nothing_else(tmp_path):
    mine = tmp_path / "mine"
    mine.touch()
    with fresh_folder(tmp_path) as folder:
        name = folder.name
    (tmp_path / name).mkdir()
    (tmp_path / name / "left.db").touch()

    with fresh_folder(tmp_path) as folder:
        assert list(folder.iterdir()) == []

    assert not folder.exists()
    assert mine.exists()


def test_processor_time_is_that_of_all_children_too():
    assert machine.cpu_seconds(os.getpid()) > 0
