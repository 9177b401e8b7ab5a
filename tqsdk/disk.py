"""What has to be on the disk before something else may happen."""

from __future__ import annotations

import os
from pathlib import Path


def flush_entry(path: Path) -> None:
    """Have the name of a new file on the disk too, where the system needs telling."""
    if os.name != "posix":
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
