"""What a verification found, in figures and in sentences."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TextIO

from emulator.testing.history import Kind, Operation, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it went.

    Attributes:
        violations: Every broken promise that was found, in a sentence; none is a proof.
        seconds: How long the clients worked.
        kills: How often the server was killed.
        done: How many operations were acknowledged, by kind.
        again: How many of the leases were of tasks that had been leased before.
        refused: How many were refused, as is a call for a lease that has ended.
        unanswered: How many may have been done or not, since the server was killed meanwhile.
        scheduled: How many of the inserts had an ETA.
        stored: How many tasks were stored in the end.
        taken: How many names of deleted tasks were still taken.
    """

    violations: Sequence[str]
    seconds: float
    kills: int
    done: Counter[Kind]
    again: int
    refused: int
    unanswered: int
    scheduled: int
    stored: int
    taken: int


def verdict_on(
    history: Sequence[Operation],
    found: Sequence[str],
    *,
    seconds: float,
    kills: int,
    stored: int,
    taken: int,
) -> Verdict:
    """Sum up *history*, in which the broken promises *found* are; the rest is as in ``Verdict``."""
    results = Counter(each.result for each in history)
    done = [each for each in history if each.result is Result.DONE]
    if not done:
        found = [*found, "no operation was acknowledged, so nothing was proven: go on for longer"]
    return Verdict(
        violations=found,
        seconds=seconds,
        kills=kills,
        done=Counter(each.kind for each in done),
        again=sum(each.kind is Kind.LEASE and each.retry_count > 1 for each in done),
        refused=results[Result.REFUSED],
        unanswered=results[Result.UNKNOWN],
        scheduled=sum(each.kind is Kind.INSERT and each.begins > 0 for each in done),
        stored=stored,
        taken=taken,
    )


def summary(verdict: Verdict) -> Iterator[str]:
    """What was proven, line by line; or what was found."""
    done = verdict.done
    effort = (
        f"{done.total():,} acknowledged operations in {verdict.seconds:.1f} s, killed with SIGKILL:"
        f" {verdict.kills}"
    )
    if verdict.violations:
        yield f"BROKEN {len(verdict.violations):,} times: {effort}"
        yield from verdict.violations
        return
    yield f"PROVEN: {effort}"
    yield (
        f"Nothing acknowledged was lost: {done[Kind.INSERT]:,} inserts, {done[Kind.DELETE]:,}"
        f" deletes; {verdict.stored:,} tasks were left."
    )
    yield (
        f"No task was leased to two at once: {done[Kind.LEASE]:,} leases, {verdict.again:,} of them"
        f" not the task's first; {done[Kind.RENEW]:,} renewals and releases."
    )
    yield f"No task was leased early: {verdict.scheduled:,} were inserted with an ETA."
    yield f"No task came back after its delete: {verdict.taken:,} names are still taken."
    yield (
        f"Beside these, {verdict.unanswered:,} operations had no answer because of a kill, and"
        f" {verdict.refused:,} were refused, as is a call for a lease that has ended."
    )


def write_report(history: Sequence[Operation], file: TextIO) -> None:
    """Write each operation as a line of JSON, by the time at which it was started."""
    for operation in sorted(history, key=lambda each: each.started):
        members = asdict(operation)
        members |= {"kind": operation.kind.value, "result": operation.result.value}
        file.write(f"{json.dumps(members)}\n")
