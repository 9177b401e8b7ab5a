"""Runs ``tq migrate`` again and again, and kills it: each line of standard input is one run.

A line is JSON: the ``arguments``, and after how many ``calls`` of functions to kill; null is never.
Its answer is a line of JSON too: the exit ``code``, negative for a kill; how many ``calls`` a run
made that was not killed; and the most memory it had, in ``megabytes``. Each run is a fork, so that
nothing is imported twice; what only some moves import, the command line names.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from importlib import import_module
from types import FrameType

from tqsdk.cli.root import tq


def main() -> None:
    for module in sys.argv[1:]:
        import_module(module)
    for line in sys.stdin:
        wanted = json.loads(line)
        said, say = os.pipe()
        child = os.fork()
        if not child:
            os.close(said)
            run(wanted["arguments"], wanted["calls"], say)
        os.close(say)
        with open(said) as file:
            told = json.loads(file.read() or "{}")
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"code": code, **told}), flush=True)


def run(arguments: list[str], calls: int | None, say: int) -> None:
    """Run the command in this process, and end with it."""
    made = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        # Of functions of Python and of C alike: between any two of them is a place to die.
        nonlocal made
        made += 1
        if made == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.setprofile(count)
    code = tq.main(["migrate", *arguments], standalone_mode=False)
    sys.setprofile(None)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    os.write(say, json.dumps({"calls": made, "megabytes": megabytes}).encode())
    os._exit(int(code or 0))


if __name__ == "__main__":
    main()
