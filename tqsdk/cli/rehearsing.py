"""What ``tq migrate rehearse`` does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import click

from tqsdk.bulk import NewTask
from tqsdk.cli.moving import troubles
from tqsdk.cli.progress import Progress
from tqsdk.cli.session import Session
from tqsdk.migrate.bridge.counters import Counters
from tqsdk.migrate.moving.files import opened
from tqsdk.migrate.moving.model import Record
from tqsdk.migrate.rehearsal import plan as plans
from tqsdk.migrate.rehearsal.play import Cast, Outcome, play
from tqsdk.migrate.rehearsal.stage import started

_LOST = 1


def rehearse(
    session: Session,
    *,
    plan: str | None,
    producers: int,
    consumers: int,
    per_second: float,
    faults: float,
    deaths: float,
    seed: int,
    load: Path | None,
    progress: bool | None,
) -> None:
    """Play a plan, and tell what came of it; for the arguments see ``Cast``."""
    scenes = plans.read(plan or plans.USUAL)
    cast = Cast(
        producers=producers,
        consumers=consumers,
        per_second=per_second,
        faults=faults,
        deadly=deaths,
        seed=seed,
    )
    total = sum(scene.seconds for scene in scenes)
    with ExitStack() as stack:
        stack.enter_context(troubles())
        records = None if load is None else stack.enter_context(opened(load))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tq-rehearsal-")))
        servers = stack.enter_context(started(folder))
        shown = Progress("seconds played", wanted=progress, total=total, clock=session.clock)
        step = stack.enter_context(shown).step
        tasks = _generated() if records is None else map(_of_record, records)
        outcome = play(scenes, cast, servers, tasks=tasks, step=step)
    _tell(session, outcome)
    if not outcome.is_good:
        raise click.exceptions.Exit(_LOST)


def _generated() -> Iterator[NewTask]:
    for number in count(1):
        yield NewTask(f"payload {number}", name=f"task-{number}", tag=f"tag-{number % 7}")


def _of_record(record: Record) -> NewTask:
    return NewTask(record.payload, name=record.name, tag=record.tag or None)


def _tell(session: Session, outcome: Outcome) -> None:
    output = session.output()
    if session.json:
        output.details(outcome.members())
        return
    output.line(
        f"{outcome.stored:,} tasks inserted and {outcome.worked:,} worked in"
        f" {outcome.seconds / 60:.0f} minutes, with {outcome.faults:,} faults and"
        f" {outcome.deaths:,} deaths of consumers"
    )
    counters = Counters()
    for name, number in outcome.counters.items():
        counters.add(name, number)
    for line in counters.text():
        output.line(line)
    for what, number, names in (
        ("lost", outcome.lost_count, outcome.lost),
        ("worked more than once", outcome.doubled_count, outcome.doubled),
    ):
        output.line(f"{number:,} {what}{': ' if names else ''}{' '.join(names[:10])}")
