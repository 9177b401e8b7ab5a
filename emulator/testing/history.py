"""Was the queue right? One pure function over a record of what clients did and were told.

It knows nothing of servers and stores: a record is judged by what a pull queue promises. Operations
whose answer never came (``UNKNOWN``: the server was killed, the connection cut) may or may not have
been done, and excuse what follows from either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TypeAlias


class Kind(Enum):
    """What a client asked for. To release is to renew for no time at all."""

    INSERT = "insert"
    LEASE = "lease"
    RENEW = "renew"
    DELETE = "delete"


class Result(Enum):
    """What the client was told; UNKNOWN is nothing."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation on one task; a lease call that gives five tasks is five of them.

    Attributes:
        task: Its name, with its queue's if there are several. A lease call without an answer, or
            with none to give, leaves no operation.
        started: When the client sent it, on any scale that all clients share.
        ended: When the client had the answer, or gave up, on the same scale.
        who: Which client.
        begins: Of what is DONE: the server's time of it, in microseconds. For a lease or a
            renewal, its end less its length; for an insert, the task's first eta if it was given
            one.
        ends: Of a lease or a renewal that is DONE: its end, in microseconds.
        retry_count: As the answer has it.
    """

    kind: Kind
    task: str
    started: float
    ended: float
    result: Result = Result.DONE
    who: str = ""
    begins: int = 0
    ends: int = 0
    retry_count: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What the server has of a task when all is over."""

    ends: int
    retry_count: int


History: TypeAlias = Iterable[Operation]


def violations(
    history: History,
    stored: Mapping[str, Stored] | None = None,
    *,
    taken: Collection[str] | None = None,
    names_return: bool = False,
) -> list[str]:
    """Every broken promise that *history* proves, as sentences; none means that none is proven.

    Args:
        history: The record, in any order.
        stored: All tasks on the server at the end; None leaves out what only that can show.
        taken: All names that deleted tasks still hold there at the end; None, likewise.
        names_return: Whether a deleted name may be inserted again (tombstones of no time).
    """
    by_task: dict[str, list[Operation]] = defaultdict(list)
    for operation in history:
        by_task[operation.task].append(operation)
    found: list[str] = []
    for task, operations in sorted(by_task.items()):
        operations.sort(key=lambda each: (each.started, each.ended))
        found += _inserted_twice(task, operations, names_return=names_return)
        for life in _lives(operations):
            found += _held_by_two(task, life)
            found += _leased_early(task, life)
        found += _returned(task, operations)
        if stored is not None:
            found += _lost_or_changed(task, operations, stored.get(task))
        if taken is not None and task not in taken:
            found += _freed(task, operations, stored or {})
    strangers = sorted(set(stored or ()) - by_task.keys())
    return [*found, *(f"{task}: stored, and nobody inserted it" for task in strangers)]


def _lives(operations: Sequence[Operation]) -> Iterator[Sequence[Operation]]:
    """The operations on each task that has had the name, from one insert to the next."""
    starts = [at for at, each in enumerate(operations) if _may_have(each, Kind.INSERT)]
    for start, end in pairwise([0, *starts, len(operations)]):
        yield operations[start:end]


def _inserted_twice(
    task: str, operations: Sequence[Operation], *, names_return: bool
) -> Iterator[str]:
    inserts = _done(operations, Kind.INSERT)
    deletes = [each for each in operations if _may_have(each, Kind.DELETE)]
    for earlier, later in pairwise(inserts):
        between = [each for each in deletes if each.started < later.ended]
        if not between:
            yield f"{task}: inserted twice, at {earlier.started} and again at {later.started}"
        elif not names_return:
            yield f"{task}: inserted again at {later.started}, though its name was still taken"


def _held_by_two(task: str, operations: Sequence[Operation]) -> Iterator[str]:
    """Follow the end of the lease in the server's time; no lease may begin before it."""
    steps = [*_done(operations, Kind.LEASE), *_done(operations, Kind.RENEW)]
    # By lease, not by time: under a clock that stands still all may begin at the same instant.
    steps.sort(key=lambda each: (each.retry_count, each.kind is Kind.RENEW, each.begins))
    doubtful = [
        each for each in operations if each.kind is Kind.RENEW and each.result is Result.UNKNOWN
    ]
    held: Operation | None = None
    for step in steps:
        # A renewal whose answer was lost may have moved the end of the lease, either way.
        excused = held is not None and any(
            held.started <= each.started <= step.ended for each in doubtful
        )
        if held is not None and step.kind is Kind.RENEW and step.retry_count == held.retry_count:
            if step.begins >= held.ends and not excused:
                yield f"{task}: renewed at {step.begins}, after its lease had ended at {held.ends}"
        elif held is not None and step.kind is Kind.LEASE:
            if step.begins < held.ends and not excused:
                yield (
                    f"{task}: leased by {step.who} from {step.begins}, while {held.who} held it"
                    f" until {held.ends}"
                )
            if step.retry_count <= held.retry_count:
                yield (
                    f"{task}: the lease from {step.begins} has retry_count {step.retry_count},"
                    f" and the one before it had {held.retry_count}"
                )
        held = step


def _leased_early(task: str, operations: Sequence[Operation]) -> Iterator[str]:
    for insert in _done(operations, Kind.INSERT)[:1]:
        for lease in _done(operations, Kind.LEASE):
            if lease.begins < insert.begins:
                yield f"{task}: leased at {lease.begins}, before its eta {insert.begins}"


def _returned(task: str, operations: Sequence[Operation]) -> Iterator[str]:
    for delete in _done(operations, Kind.DELETE):
        for later in operations:
            if later.started <= delete.ended or later.result is not Result.DONE:
                continue
            if later.kind is Kind.INSERT:
                break
            yield f"{task}: deleted by {delete.ended}, and a {later.kind.value} after that"


def _lost_or_changed(
    task: str, operations: Sequence[Operation], stored: Stored | None
) -> Iterator[str]:
    inserts = _done(operations, Kind.INSERT)
    began = inserts[-1].started if inserts else float("-inf")
    last_insert = inserts[-1].ended if inserts else float("-inf")
    if stored is None:
        known = bool(inserts) or bool(_done(operations, Kind.LEASE))
        # The task is there before its insert is answered, for others to lease and delete.
        deletes = [each for each in operations if _may_have(each, Kind.DELETE)]
        if known and not any(each.ended >= began for each in deletes):
            yield f"{task}: lost; it is neither stored nor was it deleted"
        return
    if any(each.started > last_insert for each in _done(operations, Kind.DELETE)):
        yield f"{task}: deleted, and stored again"
        return
    yield from _changed(task, [each for each in operations if each.ended >= last_insert], stored)


def _freed(
    task: str, operations: Sequence[Operation], stored: Mapping[str, Stored]
) -> Iterator[str]:
    if _done(operations, Kind.DELETE) and task not in stored:
        yield f"{task}: deleted, and its name is no longer taken"


def _changed(task: str, operations: Sequence[Operation], stored: Stored) -> Iterator[str]:
    steps = [*_done(operations, Kind.LEASE), *_done(operations, Kind.RENEW)]
    if not steps:
        return
    last = max(steps, key=lambda each: (each.retry_count, each.kind is Kind.RENEW, each.begins))
    if stored.retry_count < last.retry_count:
        yield (
            f"{task}: stored with retry_count {stored.retry_count}, and a lease was given with"
            f" {last.retry_count}"
        )
    doubtful = any(
        each.kind is Kind.RENEW and each.result is Result.UNKNOWN and each.ended >= last.started
        for each in operations
    )
    if stored.retry_count == last.retry_count and stored.ends != last.ends and not doubtful:
        yield f"{task}: stored with a lease until {stored.ends}, and it was given until {last.ends}"


def _done(operations: Sequence[Operation], kind: Kind) -> list[Operation]:
    return [each for each in operations if each.kind is kind and each.result is Result.DONE]


def _may_have(operation: Operation, kind: Kind) -> bool:
    return operation.kind is kind and operation.result is not Result.REFUSED
