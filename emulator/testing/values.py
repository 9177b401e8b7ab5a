"""What the control API says, as values for people: bytes, aware datetimes, short names.

Where a field is called otherwise on the wire than in camel case, its metadata say how.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

State: TypeAlias = Literal["available", "leased", "scheduled", "tombstone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """What time the server has, and how its time goes.

    Attributes:
        now: Its time.
        is_virtual: Whether it is other than the machine's time, or may become so.
        factor: How fast it goes: 1 is as the machine's, 0 stands still.
        auto_jump_seconds: How far a lease that would be empty may jump ahead; 0 is not at all.
    """

    now: datetime = field(metadata={"wire": "microseconds"})
    is_virtual: bool = field(metadata={"wire": "virtual"})
    factor: float = 1
    auto_jump_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many tasks, and how many names of deleted ones, a reset took away."""

    tasks: int
    tombstones: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """A queue that has stored something.

    Attributes:
        project: Its project's id, without partition.
        name: Its name.
        tasks: How many tasks it has, in any state.
        oldest_eta: The first ETA among them; None if there is none.
    """

    project: str
    name: str
    tasks: int = 0
    oldest_eta: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """A task, or what a deleted one left behind.

    Attributes:
        name: Its name within its queue.
        state: What can become of it.
        tag: None if it has none.
        payload: None where it was not asked for, or is gone.
        payload_bytes: How long the payload is; None for a tombstone.
        enqueued_at: When it was inserted, cut to whole seconds.
        eta: From when on it can be leased, which is when its lease ends if it is leased.
        retry_count: How many leases it has had.
        taken_until: Of a tombstone: until when its name is taken.
    """

    name: str = field(metadata={"wire": "id"})
    state: State
    tag: str | None = None
    payload: bytes | None = field(metadata={"wire": "payloadBase64"}, default=None, repr=False)
    payload_bytes: int | None = None
    enqueued_at: datetime | None = field(metadata={"wire": "enqueueTimestamp"}, default=None)
    eta: datetime | None = None
    retry_count: int = 0
    taken_until: datetime | None = None

    def text(self) -> str:
        """The payload as UTF-8; "" if there is none.

        Raises:
            UnicodeDecodeError: It is no UTF-8.
        """
        return (self.payload or b"").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long an answer takes longer.

    Attributes:
        distribution: How the delays are spread.
        seconds: Fixed: the delay. Uniform: the shortest. Log-normal: the median.
        most_seconds: Uniform: the longest. Log-normal: where it is cut off.
        sigma: Log-normal: the standard deviation of the logarithm.
    """

    seconds: float
    distribution: Literal["fixed", "uniform", "lognormal"] = "fixed"
    most_seconds: float | None = None
    sigma: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A rule that makes some calls fail. Without counts it holds for every call that it fits.

    Attributes:
        id: Names the rule; made by the server.
        method: Which calls, by name (``insert``) or full id; None is all.
        project: Only calls for this project.
        queue: Only calls for this queue.
        task: Only calls about this task.
        tag: Only calls that bring or ask for this tag.
        caller: Only calls of the holder of this e-mail address.
        skip: Lets so many calls that fit pass first.
        first: Holds for so many calls, and then no more.
        every: Holds for every so-manieth call.
        probability: Holds for this share of the calls, from 0 to 1.
        seed: What chance is drawn with.
        when: Whether a call is spoiled before its work is done, or after it is on disk.
        status: Answers with this HTTP status, 400 to 599.
        reason: The reason in the answer's error.
        message: The text in the answer's error.
        retry_after_seconds: Adds a Retry-After header.
        latency: Holds the answer back.
        answer: What becomes of the answer: the connection is reset, nothing is ever sent, half of
            it is sent, or it comes slowly.
        bytes_per_second: How fast a slow answer comes.
        fits: How many calls it has fitted, as the server counted.
        hits: How many calls it has spoiled, likewise.
    """

    id: str | None = None
    method: str | None = None
    project: str | None = None
    queue: str | None = None
    task: str | None = None
    tag: str | None = None
    caller: str | None = None
    skip: int | None = None
    first: int | None = None
    every: int | None = None
    probability: float | None = None
    seed: int | None = None
    when: Literal["before", "after"] | None = None
    status: int | None = None
    reason: str | None = None
    message: str | None = None
    retry_after_seconds: int | None = None
    latency: Latency | None = None
    answer: Literal["cut", "withheld", "truncated", "slow"] | None = None
    bytes_per_second: int | None = None
    fits: int | None = None
    hits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadField:
    """Something that was sent and that nobody read.

    Attributes:
        location: Where it was.
        name: Its name.
        closest: What may have been meant.
    """

    location: Literal["query", "body"]
    name: str
    closest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Why a request was refused, and what it may have been meant to be.

    Attributes:
        summary: In a sentence.
        method: The id of the closest method.
        differences: What differs from it, each in a sentence.
    """

    summary: str = ""
    method: str | None = None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A request and its answer, without secrets.

    Attributes:
        sequence: Its number; later requests have higher ones.
        at: When it was answered, by the server's clock.
        verb: The HTTP method.
        path: The path.
        query: The query.
        method: The id of the API's method, if it was one.
        project: The project.
        queue: The queue.
        tasks: The names of the tasks that it was about.
        tag: The tag that it brought or asked for.
        caller: The e-mail address of who called, if known.
        attempt: The id of the attempt that it was sent as.
        request_body: As text; only of a single entry.
        status: The answer's HTTP status.
        code: The name of the engine's code, of a refusal.
        response_body: As text; only of a single entry.
        fault: The id of the fault that spoiled it.
        unread: What was sent and not read.
        miss: Of a refused request: what it was closest to.
    """

    sequence: int
    at: datetime = field(metadata={"wire": "microseconds"})
    verb: str
    path: str
    query: str = ""
    method: str | None = None
    project: str | None = None
    queue: str | None = None
    tasks: tuple[str, ...] = ()
    tag: str | None = None
    caller: str | None = None
    attempt: str | None = None
    request_body: str | None = field(default=None, repr=False)
    status: int
    code: str | None = None
    response_body: str | None = field(default=None, repr=False)
    fault: str | None = None
    unread: tuple[UnreadField, ...] = ()
    miss: Miss | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEvent:
    """Something that happened to a task.

    Attributes:
        at: When, by the server's clock.
        event: What.
        until: Of a lease or renewal: when it ends.
        retry_count: How many leases it has had then.
        caller: The e-mail address of who did it, if known.
        sequence: The entry of the journal.
    """

    at: datetime = field(metadata={"wire": "microseconds"})
    event: Literal["inserted", "leased", "renewed", "released", "expired", "deleted", "refused"]
    until: datetime | None = None
    retry_count: int | None = None
    caller: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that a server remembers, under a name.

    Attributes:
        name: Its name.
        saved_at: When it was saved, by the server's clock.
        tasks: How many tasks it has.
        tombstones: How many names of deleted tasks.
        size: The length of its file, in bytes.
    """

    name: str
    saved_at: datetime
    tasks: int = 0
    tombstones: int = 0
    size: int = field(metadata={"wire": "bytes"}, default=0)
