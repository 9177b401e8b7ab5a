"""``tq-emulator`` as a command, and the server that it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from emulator.testing.process import ServerProcess, environment

__all__ = ["TQ_EMULATOR", "ServerProcess", "command", "environment", "failed_run"]

TQ_EMULATOR = Path(sys.executable).with_name("tq-emulator")


def command(*arguments: str) -> list[str]:
    return [str(TQ_EMULATOR), *arguments]


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
