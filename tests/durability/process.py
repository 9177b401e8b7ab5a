"""A real ``tq-emulator serve``, started, talked to and killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TQ_EMULATOR = Path(sys.executable).with_name("tq-emulator")


class ServerProcess:
    """A server on a free port, over the files of *folder*; ready when this returns."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            command("serve", "--port", "0", *arguments),
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("Listening on "):
            self.kill()
            raise AssertionError(f"the server said {line!r}")
        self.url = line.removeprefix("Listening on ").strip()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._process.kill()
        self._reap()

    def stop(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        self._process.send_signal(number)
        return self._reap()

    def _reap(self) -> int:
        self._process.communicate(timeout=30)
        return self._process.returncode


def command(*arguments: str) -> list[str]:
    return [str(TQ_EMULATOR), *arguments]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with *variables*."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TQ_")}
    return {**clean, **variables}


def failed_run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``tq-emulator`` to its end, where the end is expected at once."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
