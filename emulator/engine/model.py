"""The nouns of the engine. All are values: a change makes a new one.

Those that are made for every request are named tuples: a frozen dataclass takes five times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class QueueId(NamedTuple):
    """Which queue: projects never share one, even under the same name."""

    project: str
    name: str


class Task(NamedTuple):
    """A task that is not deleted.

    There is one clock field, as in App Engine's backend: a task is available when ``eta`` has come,
    and a lease is nothing but an ``eta`` in the future (API.md section 7).

    Attributes:
        name: Unique in its queue, among live tasks and tombstones.
        payload: The bytes, or None where the caller asked not to read them.
        tag: "" is no tag.
        enqueued_at: Microseconds, cut to whole seconds as the backend did (API.md 5.1).
        eta: Microseconds; available from this instant on.
        eta_given: Whether the client chose the first ``eta`` (RULINGS 5).
        retry_count: How many leases there have been.
    """

    name: str
    payload: bytes | None
    tag: str
    enqueued_at: int
    eta: int
    eta_given: bool
    retry_count: int


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What a deleted task leaves behind: its name is taken until ``until`` (microseconds)."""

    name: str
    until: int


class Kept(NamedTuple):
    """What a store keeps under one name, as somebody sees it who only looks.

    Attributes:
        held: A task has its payload only where that was asked for.
        payload_bytes: How long the payload is, read or not; 0 for a tombstone.
    """

    held: Task | Tombstone
    payload_bytes: int


class Wiped(NamedTuple):
    """How much was taken away."""

    tasks: int
    tombstones: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """How one queue behaves.

    Attributes:
        pull: False for a push queue, which the REST API refuses.
        retry_limit: How many leases a task gets before a lease scan deletes it; None is no end.
        paused: Leases come back empty and renewals are refused.
        consumers: E-mail addresses that may list, get, lease, renew and delete.
        producers: E-mail addresses that may insert.
        has_acl: Whether the queue names anybody at all.
    """

    pull: bool = True
    retry_limit: int | None = None
    paused: bool = False
    consumers: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    has_acl: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStats:
    """A queue's figures at one instant.

    Attributes:
        total_tasks: Every task that is not deleted, leased or not.
        oldest_eta: The smallest ``eta`` in microseconds, leased tasks included; None when empty.
        leased_last_minute: Leases of this second and the 59 before it.
        leased_last_hour: Leases of this second and the 3,599 before it.
    """

    total_tasks: int
    oldest_eta: int | None
    leased_last_minute: int
    leased_last_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A lease call as it was answered, so that its repetition can be answered alike.

    Attributes:
        id: The caller's name for the call, unique in its queue.
        asked: The call's arguments, in a form of which only equality matters.
        until: The end of the lease that it began; microseconds.
        tasks: Name and ``retry_count`` of each task leased, in the order of the answer.
    """

    id: str
    asked: str
    until: int
    tasks: tuple[tuple[str, int], ...]


class LeaseToken(NamedTuple):
    """What a caller must know of a task to prove that its lease is the last one (RULINGS 4).

    Attributes:
        eta: The lease's end, to the microsecond; None trusts whatever lease is live.
        retry_count: Compared too when given: under a still clock two leases may end together.
    """

    eta: int | None = None
    retry_count: int | None = None
