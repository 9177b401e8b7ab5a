"""``tq``, also as ``python -m tqsdk.cli``: the command, or how to install what it needs."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line.

    click is an extra, and the command is there without it, since a wheel cannot leave it out.
    """
    try:
        from tqsdk.cli.root import tq
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.exit("tq: click is not installed: pip install 'taskqueue-sdk[cli]'")
    code = tq.main(prog_name="tq", standalone_mode=False)
    _forget_what_cannot_be_written()
    sys.exit(code)


def _forget_what_cannot_be_written() -> None:
    # What is left in the buffer is written once more at exit; that it fails has been said already.
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
