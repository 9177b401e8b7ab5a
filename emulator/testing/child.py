"""A server in a process of its own, which ends when this one does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from emulator.config import Settings

# Settings that have one more or one less letter as options, which are given once for each value.
_OPTIONS = {"allowed_hosts": "allowed-host", "google_audiences": "google-audience"}

_STOP_SECONDS = 15


class ServerStartError(RuntimeError):
    """A server's process ended before it answered; the message is what it said."""


@contextmanager
def serving_in_process(settings: Settings, folder: Path, *, port: int) -> Iterator[str]:
    """Run ``tq-emulator serve`` until the block ends; gives its URL once it answers.

    Args:
        settings: What to serve.
        folder: Where it runs, and writes what it has to say.
        port: 0 is any free one.

    Raises:
        ServerStartError: It does not start.
    """
    said = folder / "stderr.txt"
    command = [sys.executable, "-m", "emulator.testing.leash", "serve", "--port", str(port)]
    with (
        said.open("wb") as stderr,
        subprocess.Popen(
            [*command, *arguments(settings)],
            cwd=folder,
            env={name: each for name, each in os.environ.items() if not name.startswith("TQ_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("Listening on "):
                process.wait(_STOP_SECONDS)
                raise ServerStartError(said.read_text().strip() or "it ended without a word")
            yield line.removeprefix("Listening on ").strip()
        finally:
            _stop(process)


def arguments(settings: Settings) -> Iterator[str]:
    """How *settings* are said to ``tq-emulator serve``; what is as it would be anyway is left out.

    The store is not: that of the command is a file.
    """
    for each in fields(settings):
        value = getattr(settings, each.name)
        if value == each.default and each.name != "store":
            continue
        option = _OPTIONS.get(each.name, each.name.replace("_", "-"))
        if isinstance(value, bool):
            yield f"--{option}" if value else f"--no-{option}"
            continue
        for one in value if isinstance(value, tuple) else (value,):
            yield from (f"--{option}", str(one))


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
