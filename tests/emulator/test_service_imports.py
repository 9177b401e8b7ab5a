"""What a service need not import to start."""

from __future__ import annotations

import subprocess
import sys

_LISTING = """
import sys
from emulator.config import Settings
from emulator.service import open_service
open_service(Settings(control={control})).store.close()
print([each for each in sys.modules if each.startswith(("emulator.control", "emulator.exports"))])
"""


def test_without_control_nothing_of_it_is_imported():
    assert imported(control=False) == "[]"


def test_with_control_it_is_imported():
    assert "emulator.control.api" in imported(control=True)


def imported(*, control: bool) -> str:
    listing = [sys.executable, "-c", _LISTING.format(control=control)]
    return subprocess.run(listing, capture_output=True, text=True, check=True).stdout.strip()
