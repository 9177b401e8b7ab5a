"""What the machine is and does: its load, its disk, and the processes on it."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

# Put before a command, so that the kernel ends it when the benchmark ends, in whatever way. By
# SIGTERM: nginx's workers are ended by their master, which SIGKILL would keep from doing so.
LEASH = ("setpriv", "--pdeathsig", "TERM", "--")


def description() -> str:
    """One line that says what the ratios were measured on."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores ({_processor()}), {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def load_average() -> float:
    """How many processes wanted to run in the last minute."""
    return os.getloadavg()[0]


def is_noisy() -> bool:
    """Whether others use so much of the machine that ratios may lie."""
    return load_average() > 0.35 * len(os.sched_getaffinity(0))


def flush_seconds(folder: Path, *, seconds: float) -> float:
    """The median time to append 1 KiB to a file of *folder* and have it on the disk."""
    path = folder / "flush-probe"
    times: list[float] = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            os.write(descriptor, bytes(1024))
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - start)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(times)


def cpu_seconds(process: int) -> float:
    """The processor time that *process* and its children have used, kernel's part included."""
    return sum(_cpu_seconds(each) for each in _family(process))


def resident_bytes(process: int) -> int:
    """The memory that *process* and its children hold."""
    return sum(_resident_bytes(each) for each in _family(process))


def _cpu_seconds(process: int) -> float:
    # The second field is the program's name in parentheses, and may hold anything.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_bytes(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE


def _family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(each for child in children for each in _family(int(child)))]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
