"""Lease calls that can be repeated when their answer is lost: counted once, answered alike.

A caller gives a call an id of its own. While the lease that the call began lives, the same call
with the same id begins no other; it is answered with the tasks that are still under that lease. An
id belongs to its queue. A call that leased nothing is not remembered: to repeat it is to ask anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from emulator.engine.errors import AttemptReusedError, Code, RefusedError
from emulator.engine.model import Attempt, QueueId, Task
from emulator.engine.store import Transaction, Work

# With each new attempt up to this many expired ones are forgotten: two, so that a peak drains while
# new ones come, and no lease ever pays for more.
_FORGOTTEN_PER_ATTEMPT = 2

_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def is_attempt_id(text: str) -> bool:
    """Whether *text* can name an attempt: 1 to 128 letters, digits, underscores or hyphens."""
    return _ID.fullmatch(text) is not None


def once(
    lease: Callable[[Transaction, int], Sequence[Task]],
    queue: QueueId,
    id: str,
    *,
    asked: str,
    now: Callable[[Transaction], int],
) -> Work[Sequence[Task]]:
    """The call *id* as a unit of work that leases once, however often it is run.

    Args:
        lease: Leases tasks, all until the same microsecond; takes the transaction and the time.
        queue: Whose tasks.
        id: The caller's name for the call.
        asked: The call's arguments, in a form of which only equality matters.
        now: Tells the time in a unit, in microseconds; asked once.

    Raises:
        RefusedError: INVALID_REQUEST for a malformed id; from the unit AttemptReusedError where the
            call *id* that counts asked for something else, and whatever *lease* refuses.
    """
    if not is_attempt_id(id):
        raise RefusedError(
            Code.INVALID_REQUEST,
            f"{id[:80]!r}: an attempt's id is 1 to 128 letters, digits, underscores or hyphens",
        )

    def work(tx: Transaction) -> Sequence[Task]:
        at = now(tx)
        known = tx.attempt(queue, id)
        if known is not None and known.until > at:
            if known.asked != asked:
                raise AttemptReusedError(id)
            return _still_leased(tx, queue, known)
        leased = lease(tx, at)
        if leased and leased[0].eta > at:
            tasks = tuple((task.name, task.retry_count) for task in leased)
            tx.forget_attempts(now=at, limit=_FORGOTTEN_PER_ATTEMPT)
            tx.remember(queue, Attempt(id=id, asked=asked, until=leased[0].eta, tasks=tasks))
        return leased

    return work


def _still_leased(tx: Transaction, queue: QueueId, attempt: Attempt) -> Sequence[Task]:
    """The tasks of *attempt* that have not been deleted, renewed or released since."""
    found = (
        (tx.find(queue, name, with_payload=True), retry_count)
        for name, retry_count in attempt.tasks
    )
    return [
        task
        for task, retry_count in found
        if isinstance(task, Task) and (task.eta, task.retry_count) == (attempt.until, retry_count)
    ]
