"""Exports a store to a file, over and over, and says on standard output that it still does.

``python exporting.py STORE FILE``; it ends when it is killed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from emulator.engine.clock import SystemClock
from emulator.exports.lines import spelled
from emulator.files import rewritten
from emulator.storage.sqlite import view_sqlite


def main(store: Path, file: Path) -> None:
    machine = SystemClock()
    while True:
        with view_sqlite(store) as view, rewritten(file) as out:
            for line in spelled(view, machine=machine):
                out.write(line)
                out.flush()
                print("a line", flush=True)
        print("a file", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
