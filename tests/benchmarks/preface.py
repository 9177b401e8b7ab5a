"""What is printed before anything is measured: the machine, and every program with its command."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Set
from importlib import metadata
from pathlib import Path

from tests.benchmarks import machine, raw_sqlite, wrk
from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import AbsentError
from tests.benchmarks.peers import beanstalkd, missing_packages

_ROOT = Path(__file__).parents[2]
_ANY_PORT = 65_535


def warn_of_noise() -> None:
    """Say loudly on standard error that others use the machine, if they do."""
    if machine.is_noisy():
        bar = "!" * 78
        print(
            f"{bar}\n!! The load average is {machine.load_average():.2f}: others use this machine."
            f" Ratios of this run may lie.\n{bar}",
            file=sys.stderr,
        )


def say_what_is_missing() -> None:
    """Say on standard error how to have every row, if the machine cannot have some now."""
    packages = missing_packages()
    if packages:
        print(f"for every row: apt-get install {' '.join(packages)}", file=sys.stderr)


def print_machine(bench: Bench) -> None:
    """Show what all measurements have in common."""
    print(f"- machine: {machine.description()}")
    print(f"- load average at the start: {machine.load_average():.2f}")
    print(
        f"- load: {wrk.version()}, 1 thread, {bench.connections} connections, {bench.seconds} s"
        f" after 1 s of warm-up; 1 KiB payloads; large backlog {bench.many:,}"
    )


def print_peers(bench: Bench, needed: Set[str]) -> None:
    """Show versions and commands of the *needed* peers.

    A peer that a registry has is got now, before anything is timed.
    """
    if "client" in needed:
        print(f"- google-api-python-client: {metadata.version('google-api-python-client')}")
        needed = needed | {bench.ours.name}
    for peer in bench.peers():
        if peer.name not in needed:
            continue
        bench.say(f"looking for {peer.name}")
        try:
            peer.obtain()
            command = " ".join(peer.command(bench.folder, _ANY_PORT))
        except AbsentError as error:
            print(f"- {peer.name}: {error}")
        else:
            print(f"- {peer.name}: {peer.version()}; `{_without_places(command, bench)}`")
    if "sqlite" in needed:
        print(f"- sqlite: {sqlite3.sqlite_version}; `{'; '.join(raw_sqlite.PRAGMAS)}`")
    if any(name.startswith("beanstalkd") for name in needed):
        print(f"- generator for beanstalkd: {beanstalkd.GENERATOR}")


def _without_places(command: str, bench: Bench) -> str:
    """Where things are on this machine is nobody's business."""
    places = {str(bench.folder): "FOLDER", str(_ROOT): ".", str(_ANY_PORT): "PORT"}
    if bench.pubsub.program is not None:
        places[str(bench.pubsub.program)] = bench.pubsub.program.name
    for place, name in places.items():
        command = command.replace(place, name)
    return command
