"""``tq migrate`` in this process, in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest

from tests.tqsdk.cli.conftest import Done
from tqsdk.cli.root import tq as command


@pytest.fixture
def migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run the command; files are named as below the folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)

    def run(*arguments: str) -> Done:
        result = click.testing.CliRunner().invoke(command, ["migrate", *arguments])
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        return Done(result.exit_code, result.stdout_bytes, result.stderr)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file below the folder."""

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
