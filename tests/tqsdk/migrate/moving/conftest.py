"""``tq migrate`` over an emulator without a socket, in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tqsdk.cli.conftest import _no_token, queue, tq

__all__ = ["_no_token", "queue", "tq"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files and ledgers are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
