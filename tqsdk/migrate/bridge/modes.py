"""The five ways in which an old and a new queue share the work.

They stand in a row, OLD, BACK, DUAL, DRAIN, NEW, and any two neighbours may be at work at the same
time, in different processes. So a switch is a walk along the row, a step at a time, each begun when
the last process has made the one before; and to roll back is to walk the other way.

In the three in the middle the old queue decides: a task that is in both is a task of the old one,
and what is in the new one under its name is a copy, which nobody is given while the task is there.
"""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """Where tasks are inserted, and from where they are leased.

    Attributes:
        OLD: All with the old queue; the new one is not asked.
        BACK: Inserted into the old queue; leased from the new one until that has nothing.
        DUAL: Inserted into both; leased from the old one until that has nothing.
        DRAIN: Inserted into the new queue; leased from the old one until that has nothing.
        NEW: All with the new queue; the old one is not asked.
    """

    OLD = "old"
    BACK = "back"
    DUAL = "dual"
    DRAIN = "drain"
    NEW = "new"

    @property
    def is_between(self) -> bool:
        """Whether both queues are asked."""
        return self not in (Mode.OLD, Mode.NEW)

    @property
    def reads_new_first(self) -> bool:
        return self in (Mode.BACK, Mode.NEW)

    @property
    def writes_new_only(self) -> bool:
        return self in (Mode.DRAIN, Mode.NEW)


_ROW = list(Mode)


def steps(begin: Mode, end: Mode) -> list[Mode]:
    """The modes to walk through from *begin*, which is left out, to *end*."""
    here, there = _ROW.index(begin), _ROW.index(end)
    return _ROW[here + 1 : there + 1] if here <= there else _ROW[there:here][::-1]


def hindrance(begin: Mode, end: Mode, *, old_tasks: int, new_tasks: int) -> str | None:
    """Why a step from *begin* to *end* would leave tasks behind, or have some done twice.

    Args:
        begin: Of all processes.
        end: The next one.
        old_tasks: How many tasks the old queue has, leased and delayed ones too.
        new_tasks: Likewise.

    Returns:
        None if it is safe.
    """
    path = steps(begin, end)
    if len(path) > 1:
        return f"a step at a time: {path[0].value} comes before {end.value}"
    if end is Mode.NEW and begin is not end and old_tasks:
        return f"the old queue still has {old_tasks:,} tasks; nobody would lease them"
    if end is Mode.OLD and begin is not end and new_tasks:
        return f"the new queue still has {new_tasks:,} tasks; nobody would lease them"
    return None
