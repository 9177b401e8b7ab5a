"""``python -m tests.benchmarks``: measure, and print tables.

Progress goes to standard error, so that the tables alone can be kept.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.benchmarks import preface, report, rounds
from tests.benchmarks.bench import Bench
from tests.benchmarks.curves import CURVES, Curve
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.folder import fresh_folder
from tests.benchmarks.form import LONG, SHORT, Form
from tests.benchmarks.measures import peer_of
from tests.benchmarks.peers import pubsub
from tests.benchmarks.peers.azurite import Azurite
from tests.benchmarks.peers.moto import Moto
from tests.benchmarks.peers.ours import BATCH_SIZE
from tests.benchmarks.peers.pubsub import PubSub
from tests.benchmarks.plots.curves import plot as plot_curve
from tests.benchmarks.plots.rows import plot as plot_rows
from tests.benchmarks.rounds import Results
from tests.benchmarks.rows import ROWS, Row
from tests.benchmarks.wrk import check_wrk

_ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(f"{each.key:27} {each.title}" for each in (*ROWS, *CURVES)))
        return 0
    # So that servers are stopped and data removed, as after an interrupt.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    preface.say_what_is_missing()
    preface.warn_of_noise()
    try:
        check_wrk()
        with fresh_folder(options.folder) as folder:
            return _run(folder, options)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(folder: Path, options: argparse.Namespace) -> int:
    rows, curves = _chosen(options)
    form = _form(options)
    bench = _bench(folder, options, form)
    jobs = rounds.jobs_of_rows(bench, rows)
    curve_jobs = rounds.jobs_of_curves(bench, curves, long=form.long, seconds=form.curve_seconds)
    preface.print_machine(bench)
    preface.print_peers(bench, {peer_of(name) for name in (*jobs, *curve_jobs)})
    results = Results()
    if rows:
        results = rounds.run(
            jobs,
            rounds=form.rounds,
            folder=folder,
            say=bench.say,
            once=rounds.names_for_information(rows),
        )
        _print_rows(rows, results)
        _save(options.plots / "table.svg", plot_rows(rows, results))
    if curves and not results.interrupted:
        results = rounds.run(curve_jobs, rounds=form.curve_rounds, folder=folder, say=bench.say)
        _print_curves(curves, results, form)
        for curve in curves:
            _save(options.plots / f"{curve.key}.svg", plot_curve(curve, results))
    return 130 if results.interrupted else 0


def _print_rows(rows: Sequence[Row], results: Results) -> None:
    print(f"\nat the start of each round: {report.noise(results)}\n")
    print(report.table(rows, results))
    print(f"\n{report.details(results)}", flush=True)


def _print_curves(curves: Sequence[Curve], results: Results, form: Form) -> None:
    print(
        f"\ncurves, {form.curve_rounds} rounds of {form.curve_seconds} s;"
        f" at the start of each round: {report.noise(results)}"
    )
    for curve in curves:
        print(f"\n{report.curve(curve, results, long=form.long)}", flush=True)


def _save(path: Path, picture: str | None) -> None:
    if picture is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(picture)


def _chosen(options: argparse.Namespace) -> tuple[list[Row], list[Curve]]:
    """All rows and curves, or only those named; an option that names none means all of its kind."""
    if options.rows is None and options.curves is None:
        return list(ROWS), list(CURVES)
    rows, curves = options.rows, options.curves
    return (
        [row for row in ROWS if rows is not None and (not rows or row.key in rows)],
        [curve for curve in CURVES if curves is not None and (not curves or curve.key in curves)],
    )


def _form(options: argparse.Namespace) -> Form:
    """The short or the long form, with what the command line changes in it."""
    form = LONG if options.long else SHORT
    given = {
        "rounds": options.rounds,
        "curve_rounds": options.rounds,
        "seconds": options.seconds,
        "curve_seconds": options.seconds,
        "many": options.backlog,
        "peak": options.peak,
    }
    return replace(form, **{name: value for name, value in given.items() if value is not None})


def _bench(folder: Path, options: argparse.Namespace, form: Form) -> Bench:
    node = _ROOT / ".venv" / "node-bench"
    return Bench(
        folder=folder,
        seconds=form.seconds,
        connections=options.connections,
        many=form.many,
        peak=form.peak,
        azurite=Azurite(node),
        azurite_defaults=Azurite(node, defaults=True),
        moto=Moto(_ROOT / ".venv" / "bench-moto"),
        pubsub=PubSub(options.pubsub or pubsub.find_program()),
        say=_progress(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure the server and its peers side by side, and print ratios and curves.",
    )
    add = parser.add_argument
    add("--list", action="store_true", help="list the rows and curves, and do nothing")
    add(
        "--rows",
        nargs="*",
        metavar="ROW",
        choices=[row.key for row in ROWS],
        help="only these rows, or with none named all rows; no curves but those of --curves",
    )
    add(
        "--curves",
        nargs="*",
        metavar="CURVE",
        choices=[curve.key for curve in CURVES],
        help="only these curves, or with none named all; no rows but those of --rows",
    )
    add(
        "--long",
        action="store_true",
        help=f"more rounds, longer ones, {LONG.many:,} tasks: an hour or two and several GB",
    )
    add("--rounds", type=_positive, help=f"how often, instead of {SHORT.rounds}, curves once")
    add(
        "--seconds",
        type=_positive,
        help=f"how long each measurement takes, instead of {SHORT.seconds}, of a curve"
        f" {SHORT.curve_seconds}",
    )
    add("--connections", type=_positive, default=32, help="how many clients (default 32)")
    add("--backlog", type=_positive, help=f"the large backlog, instead of {SHORT.many:,}")
    add("--peak", type=_hundreds, help=f"tasks of a peak, in hundreds, instead of {SHORT.peak:,}")
    add(
        "--folder",
        type=Path,
        default=_ROOT / "build",
        help="where to keep data meanwhile: its disk is what is measured (default build)",
    )
    add(
        "--plots",
        type=Path,
        default=_ROOT / "build" / "plots",
        help="where to write the plots (default build/plots)",
    )
    add("--pubsub", type=Path, help="the Pub/Sub emulator's start script")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def _hundreds(text: str) -> int:
    number = _positive(text)
    if number % BATCH_SIZE:
        raise argparse.ArgumentTypeError(f"{number} is not in hundreds")
    return number


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


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
