"""``tq-emulator``, also as ``python -m emulator``: the command, or how to install what it needs."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line.

    The server's libraries are an extra, and the command is there without them, since a wheel cannot
    leave it out.
    """
    try:
        from emulator.cli import main as command
    except ModuleNotFoundError as error:
        sys.exit(
            f"tq-emulator: {error.name} is not installed: pip install 'taskqueue-sdk[emulator]'"
        )
    command(prog_name="tq-emulator")


if __name__ == "__main__":
    main()
