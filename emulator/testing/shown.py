"""How tasks are shown to people, in the text of a failure."""

from __future__ import annotations

from collections.abc import Sequence

from emulator.testing.values import TaskState

_MOST_LINES = 20
_MOST_CHARACTERS = 60


def wanted(*, payload: object, tag: str | None, name: str | None) -> str:
    """What was asked for: `` with payload 'a' and tag 'b'``, or nothing."""
    asked = [
        *([] if payload is None else [f"payload {payload!r}"]),
        *([] if tag is None else [f"tag {tag!r}" if tag else "no tag"]),
        *([] if name is None else [f"name {name!r}"]),
    ]
    return f" with {' and '.join(asked)}" if asked else ""


def lines(tasks: Sequence[TaskState]) -> str:
    """A line for each task, for at most twenty."""
    told = [_line(each) for each in tasks[:_MOST_LINES]]
    more = len(tasks) - _MOST_LINES
    return "\n".join([*told, *([f"  and {more} more"] if more > 0 else [])])


def _line(task: TaskState) -> str:
    tag = f", tag {task.tag!r}" if task.tag else ""
    leases = f", {_times(task.retry_count)}" if task.retry_count else ""
    return f"  {task.name}: {_payload(task.payload or b'')}{tag}, {task.state}{leases}"


def _times(leases: int) -> str:
    return "leased once" if leases == 1 else f"leased {leases} times"


def _payload(payload: bytes) -> str:
    """As text where it is some, and not all of it where it is long."""
    try:
        text = repr(payload.decode())
    except UnicodeDecodeError:
        text = repr(payload)
    cut = f"... ({len(payload)} bytes)"
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + cut
