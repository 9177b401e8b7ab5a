"""The folder of a run: fresh, for one run at a time, and gone when it ends."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.errors import BusyError

_NAME = "tq-benchmark-data"


@contextmanager
def fresh_folder(parent: Path) -> Iterator[Path]:
    """A folder below *parent*, which is made if it is not there.

    What a killed run left in it is removed; nothing else of *parent* is touched.

    Raises:
        BusyError: Another run uses it now.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / _NAME
    # The kernel frees the lock of a run that was killed.
    with (parent / f"{_NAME}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                f"another benchmark runs in {parent}: wait for it, for neither would measure"
                " anything of worth"
            ) from error
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
