"""``tq-emulator``, for as long as its standard input is open: it ends with whoever started it.

A pipe is closed by the system when its other end dies, in whatever way and on every system.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from emulator.__main__ import main


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    main()
