"""What ``tq migrate forward`` does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from tqsdk.cli.moving import default_ledger, identity, settings_for, troubles
from tqsdk.cli.session import Session
from tqsdk.migrate.moving import addresses
from tqsdk.migrate.moving.dead_letters import DeadLetters
from tqsdk.migrate.moving.forwarder import Forwarder, State, Times
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.suffixed import Suffixed


def forward(
    session: Session,
    from_: str,
    to: str,
    *,
    lease_seconds: int,
    batch: int,
    poll: float,
    report_every: float,
    dead_letters: Path | None,
    suffix: str | None,
    ledger_path: Path | None,
    dry_run: bool,
    from_token_file: Path | None,
    to_token_file: Path | None,
) -> None:
    """Forward until a signal comes.

    Args:
        session: What the shared options say.
        from_: An address.
        to: Likewise.
        lease_seconds: For how long tasks are leased.
        batch: Tasks at once.
        poll: Seconds after which an empty queue is asked again.
        report_every: Seconds; 0 is only at the end.
        dead_letters: None for a file in this folder.
        suffix: Is added to each name at the target.
        ledger_path: As for *dead_letters*.
        dry_run: Whether to change nothing.
        from_token_file: Has the token for *from_*, if that is a URL.
        to_token_file: Likewise.
    """
    if addresses.scheme_of(from_) == "file":
        raise click.UsageError("a file has an end: `tq migrate copy` moves all that is in it")
    settings = replace(
        settings_for(session, from_, from_token_file),
        mode="drain",
        lease_seconds=lease_seconds,
        batch=batch,
    )
    what = identity(session, from_, to, "forward" if suffix is None else f"forward, {suffix}")
    path = Path(":memory:") if dry_run else ledger_path or default_ledger(what)
    letters = dead_letters or default_ledger(what).with_suffix(".dead.jsonl")
    with (
        troubles(),
        Ledger(path, what) as ledger,
        closing(addresses.source(from_, settings, ledger)) as source,
        closing(addresses.target(to, settings_for(session, to, to_token_file))) as target,
        _stopping() as wants_stop,
    ):
        if dry_run:
            session.output().details({"tasks": source.total()})
            return
        Forwarder(
            source,
            target if suffix is None else Suffixed(target, suffix),
            ledger,
            DeadLetters(letters, clock=session.clock),
            clock=session.clock,
            times=Times(poll=poll, hold=lease_seconds, report=report_every),
            wants_stop=wants_stop,
            note=session.note,
            report=lambda state: _tell(session, state),
        ).run()


def _tell(session: Session, state: State) -> None:
    members = {
        "stored": state.tally.stored,
        "there": state.tally.there,
        "refused": state.tally.refused,
        "per_second": round(state.per_second, 1),
        "failures": state.failures,
        "trouble": state.trouble,
    }
    plain = " ".join(f"{name}={'-' if value is None else value}" for name, value in members.items())
    session.output().record(members, plain)


@contextmanager
def _stopping() -> Generator[Callable[[], bool]]:
    """Whether SIGTERM or SIGINT has come; a second one ends the command at once, as usual."""
    wanted = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def want(number: int, frame: FrameType | None) -> None:
        wanted.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, want)
    try:
        yield wanted.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
