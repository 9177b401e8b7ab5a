"""A server in a process of its own, as users start it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = Path(sys.executable).with_name("tq-emulator")


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment without what this machine has set for us or for Google's libraries."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TQ_EMULATOR_", "GCE_METADATA", "GOOGLE_", "CLOUDSDK_"))
    }
    return {**kept, **variables}


@contextmanager
def a_server(*arguments: str, folder: Path) -> Iterator[str]:
    """Serve on a free port, with *folder* as the working directory; its address."""
    with (
        (folder / "stderr").open("wb") as stderr,
        subprocess.Popen(
            [COMMAND, "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env=clean_environment(),
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Listening on "), (folder / "stderr").read_text()
            yield line.removeprefix("Listening on ").strip()
        finally:
            process.terminate()
