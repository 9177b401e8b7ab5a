"""What can become of a task at an instant. No store keeps a state: it follows from the clock."""

from __future__ import annotations

from enum import Enum

from emulator.engine.model import Task, Tombstone


class State(Enum):
    """What somebody sees of a task who only looks; the values are published names."""

    AVAILABLE = "available"
    LEASED = "leased"
    SCHEDULED = "scheduled"
    TOMBSTONE = "tombstone"


def state_of(held: Task | Tombstone, now: int) -> State | None:
    """The state at *now* (microseconds); None for a tombstone whose time is over.

    Of a task that was leased before and waits for its ``eta``, nobody can say whether somebody
    holds it: there is no flag "leased". It counts as leased.
    """
    if isinstance(held, Tombstone):
        return State.TOMBSTONE if now < held.until else None
    if held.eta <= now:
        return State.AVAILABLE
    return State.LEASED if held.retry_count else State.SCHEDULED
