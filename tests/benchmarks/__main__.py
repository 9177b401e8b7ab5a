"""``python -m tests.benchmarks``: measure, and print the table.

Progress goes to standard error, so that the table alone can be kept.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks import machine, report, rounds
from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import AbsentError, BenchmarkError
from tests.benchmarks.peers import Peer
from tests.benchmarks.peers.azurite import Azurite
from tests.benchmarks.peers.moto import Moto
from tests.benchmarks.peers.pubsub import PubSub
from tests.benchmarks.rows import ROWS, Row
from tests.benchmarks.wrk import check_wrk

_ROOT = Path(__file__).parents[2]
_MANY, _LARGE = 1_000_000, 10_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(f"{row.key:18} {row.title}" for row in ROWS))
        return 0
    rows = [row for row in ROWS if not options.rows or row.key in options.rows]
    say = _progress()
    try:
        check_wrk()
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    _warn_of_noise()
    # A folder that an interrupted run left behind is of no use to anybody.
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    bench = Bench(
        folder=options.folder,
        seconds=options.seconds,
        connections=options.connections,
        many=_LARGE if options.large else options.backlog,
        azurite=Azurite(_ROOT / ".venv" / "node-bench"),
        moto=Moto(_ROOT / ".venv" / "bench-moto"),
        pubsub=PubSub(options.pubsub),
        say=say,
    )
    try:
        _print_machine(bench)
        _print_peers(bench, rows)
        results = rounds.run(bench, rows, rounds=options.rounds)
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    say("\n")
    noise = "; ".join(
        f"load {load:.1f}, fdatasync {flush * 1e6:.0f} us"
        for load, flush in zip(results.loads, results.flushes, strict=True)
    )
    print(f"at the start of each round: {noise}\n")
    print(report.table(rows, results))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure the server and its peers side by side, and print ratios.",
    )
    parser.add_argument("--list", action="store_true", help="list the rows, and do nothing")
    parser.add_argument(
        "--rows",
        nargs="+",
        metavar="ROW",
        choices=[row.key for row in ROWS],
        help="only these rows",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often (default 3)")
    parser.add_argument(
        "--seconds", type=int, default=5, help="how long each measurement takes (default 5)"
    )
    parser.add_argument("--connections", type=int, default=32, help="how many clients (default 32)")
    parser.add_argument(
        "--backlog", type=int, default=_MANY, help=f"the large backlog (default {_MANY:,})"
    )
    parser.add_argument(
        "--large", action="store_true", help=f"a large backlog of {_LARGE:,}; takes several GB"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=_ROOT / "build" / "benchmarks",
        help="where to keep data meanwhile: it is emptied, and its disk is what is measured"
        " (default build/benchmarks)",
    )
    parser.add_argument("--pubsub", type=Path, help="the Pub/Sub emulator's start script")
    return parser


def _warn_of_noise() -> None:
    if machine.is_noisy():
        bar = "!" * 78
        print(
            f"{bar}\n!! The load average is {machine.load_average():.2f}: others use this machine."
            f" Ratios of this run may lie.\n{bar}",
            file=sys.stderr,
        )


def _print_machine(bench: Bench) -> None:
    print(f"machine: {machine.description()}")
    print(f"load average at the start: {machine.load_average():.2f}")
    print(
        f"load: wrk, 1 thread, {bench.connections} connections, {bench.seconds} s after 1 s of"
        f" warm-up; 1 KiB payloads; large backlog {bench.many:,}\n"
    )


def _print_peers(bench: Bench, rows: Sequence[Row]) -> None:
    """Show versions and commands; a peer that is missing is got now, before anything is timed."""
    needed = {name.partition("/")[0] for row in rows for name in row.measures}
    peers: tuple[Peer, ...] = (
        bench.ours,
        bench.azurite,
        bench.moto,
        bench.pubsub,
        bench.nginx,
        bench.beanstalkd,
    )
    for peer in peers:
        if peer.name not in needed:
            continue
        bench.say(f"looking for {peer.name}")
        try:
            peer.obtain()
            command = " ".join(peer.command(bench.folder, 0))
        except AbsentError as error:
            print(f"{peer.name}: {error}")
        else:
            # Where things are on this machine is nobody's business.
            shown = command.replace(str(bench.folder), "FOLDER").replace(str(_ROOT), ".")
            print(f"{peer.name}: {peer.version()}; {shown}")


def _progress() -> Callable[[str], None]:
    """A line that is written over; text that ends in a newline stays."""
    overwrites = sys.stderr.isatty()

    def say(text: str) -> None:
        if overwrites:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        else:
            print(text.rstrip("\n"), file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
