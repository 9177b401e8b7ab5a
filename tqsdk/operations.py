"""What each operation does when answers are lost: the rules of repetition, as scripts.

==================  =============================================================================
insert, named       repeated; if the name is then taken, the stored task is fetched and compared
insert, nameless    not repeated once it may have been carried out
lease               repeated under the same id if the server knows the header for it, and while the
                    lost lease lives; else not, unless the caller allows it: the tasks of a lost
                    answer stay hidden
renew               repeated; if the lease then seems lost, the task is fetched to see whether it
                    was our own renewal that changed it
release             repeated; a lease that is then lost is what was wanted
delete              repeated; a task that is then unknown is what was wanted
get, list, stats    repeated
==================  =============================================================================

Everything is repeated that was not sent, or that the server promised not to have done.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from tqsdk import calls, limits, names
from tqsdk.errors import (
    AmbiguousResultError,
    ApiError,
    CredentialsError,
    DeadlineExceededError,
    LeaseLostError,
    ServerError,
    TaskExistsError,
    TaskNotFoundError,
    TaskTombstonedError,
    TransportError,
)
from tqsdk.exchange import Exchange, Script
from tqsdk.limits import Limits
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Address:
    """A queue, as the client writes it, and what may be sent to it."""

    project: str
    queue: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Held:
    """A task while it is leased.

    Attributes:
        task: With the token of the lease, or of its last renewal.
        until: When the lease ends, on the client's monotonic clock; the server's ends no earlier.
    """

    task: Task
    until: float


def insert(
    exchange: Exchange,
    address: Address,
    payload: bytes | str,
    *,
    name: str | None,
    tag: str | None,
    eta: datetime | timedelta | None,
    dedupe: bool,
) -> Script[Task]:
    """Store a task, once."""
    now = exchange.clock.now()
    if name is not None:
        limits.task_name(name)
    data = address.limits.payload(payload)
    tag = address.limits.tag(tag)
    call = calls.insert_task(
        address.project,
        address.queue,
        payload=data,
        name=names.generate() if name is None and dedupe else name,
        tag=tag,
        eta=None if eta is None else address.limits.eta(eta, now),
    )
    try:
        return (yield from exchange.perform(call, repeatable=dedupe))
    except TaskExistsError as error:
        if exchange.unsure_since is None:
            raise
        stored = yield from already_stored(
            exchange, address, error, payload=data, tag=tag, is_ours_alone=name is None
        )
        # If it is gone, what the server said is lost with it, so the time is ours.
        task = stored or Task(
            name=call.task or "",
            queue=address.queue,
            project=address.project,
            payload=data,
            tag=tag,
            enqueued_at=now,
        )
        return replace(task, deduplicated=True)


def lease(
    exchange: Exchange,
    address: Address,
    *,
    max_tasks: int,
    seconds: float | timedelta,
    tag: str | None,
    group_by_tag: bool,
    retry_ambiguous: bool,
) -> Script[list[Held]]:
    """Lease tasks, each timed from before the server can have begun its lease."""
    whole_seconds = address.limits.seconds(seconds)
    call = calls.lease_tasks(
        address.project,
        address.queue,
        max_tasks=address.limits.count(max_tasks),
        seconds=whole_seconds,
        tag=address.limits.tag(tag),
        group_by_tag=group_by_tag,
        attempt_id=names.generate(),
    )
    tasks = yield from lease_once(
        exchange, address, call, seconds=whole_seconds, retry_ambiguous=retry_ambiguous
    )
    until = exchange.took_effect_after + whole_seconds
    return [Held(task, until) for task in tasks]


def renew(
    exchange: Exchange, address: Address, held: Held, seconds: float | timedelta
) -> Script[Held]:
    """Let the lease end *seconds* from now."""
    whole_seconds = address.limits.seconds(seconds)
    try:
        renewed: TaskSummary = yield from _let_end(exchange, address, held, whole_seconds)
    except LeaseLostError as error:
        if exchange.unsure_since is None:
            raise
        renewed = yield from _own_renewal(exchange, address, held, error)
    until = exchange.took_effect_after + whole_seconds
    return Held(replace(held.task, lease_token=renewed.lease_token), until)


def release(exchange: Exchange, address: Address, held: Held) -> Script[None]:
    """End the lease now, so that others can have the task at once."""
    try:
        yield from _let_end(exchange, address, held, 0)
    except LeaseLostError:
        if exchange.unsure_since is None:
            raise


def recovered(exchange: Exchange, address: Address, held: Held) -> Script[Held]:
    """The lease as the server has it, after a renewal that it may have carried out or not.

    If it is not ours any more, it comes back as it was: whatever is done with it next says so.
    """
    try:
        stored = yield from get(exchange, address, held.task.name)
    except TaskNotFoundError:
        return held
    if stored.retry_count != held.task.retry_count:
        return held
    moved = stored.lease_token - held.task.lease_token  # both ends, by the server's clock
    task = replace(held.task, lease_token=stored.lease_token)
    return Held(task, held.until + moved / 1_000_000)


def delete(exchange: Exchange, address: Address, name: str, *, missing_ok: bool) -> Script[None]:
    """Delete a task, leased or not."""
    call = calls.delete_task(address.project, address.queue, limits.task_name(name))
    try:
        yield from exchange.perform(call, repeatable=True)
    except TaskNotFoundError:
        if exchange.unsure_since is None and not missing_ok:
            raise


def get(exchange: Exchange, address: Address, name: str) -> Script[Task]:
    """One task, without leasing it."""
    call = calls.get_task(address.project, address.queue, limits.task_name(name))
    return (yield from exchange.perform(call, repeatable=True))


def list_(exchange: Exchange, address: Address) -> Script[list[TaskSummary]]:
    """The first 100 tasks."""
    call = calls.list_tasks(address.project, address.queue)
    return (yield from exchange.perform(call, repeatable=True))


def info(exchange: Exchange, address: Address) -> Script[QueueInfo]:
    """The queue, without statistics."""
    call = calls.get_queue(address.project, address.queue)
    return (yield from exchange.perform(call, repeatable=True))


def stats(exchange: Exchange, address: Address) -> Script[QueueStats]:
    """The queue's statistics."""
    call = calls.get_queue(address.project, address.queue, stats=True)
    queue = yield from exchange.perform(call, repeatable=True)
    if queue.stats is None:
        raise ServerError(
            "asked for statistics, the server sent none",
            operation=call.operation,
            queue=call.queue,
            status=200,
            reason="invalidResponse",
        )
    return queue.stats


def already_stored(
    exchange: Exchange,
    address: Address,
    error: TaskExistsError,
    *,
    payload: bytes,
    tag: str | None,
    is_ours_alone: bool,
) -> Script[Task | None]:
    """The task whose name is taken, after an insert that may have been carried out before.

    Args:
        exchange: Of the insert.
        address: Of its queue.
        error: Its last answer.
        payload: What was to be stored.
        tag: Likewise.
        is_ours_alone: Whether nobody else can know the name.

    Returns:
        None if it has been stored, leased and deleted since.

    Raises:
        TaskExistsError: It is another task, or (TaskTombstonedError) may have been.
    """
    stored = yield from _stored_before(exchange, address, error)
    if stored is None and not is_ours_alone:
        raise _tombstoned(error) from error
    if stored is not None and (stored.payload, stored.tag) != (payload, tag):
        error.ambiguous = False  # no longer: the name is somebody else's
        raise error
    return stored


def lease_once(
    exchange: Exchange,
    address: Address,
    call: calls.Call[T],
    *,
    seconds: int,
    retry_ambiguous: bool,
) -> Script[T]:
    """Perform *call*, a lease with an attempt's id, so that no second lease begins unnoticed.

    Raises:
        AmbiguousResultError: A lease may have begun whose tasks are unknown, and *retry_ambiguous*
            does not allow for that.
    """
    attempt_id = call.headers[calls.ATTEMPT_HEADER]

    def gives_the_same(pause: float) -> Script[bool]:
        # Once the lost lease is over, the server would begin a new one, and count it.
        until = exchange.took_effect_after + seconds
        if exchange.clock.monotonic() + pause >= until:
            return False
        return (yield from _repeats_leases(exchange, address, attempt_id))

    leased = yield from exchange.perform(call, repeatable=retry_ambiguous or gives_the_same)
    if exchange.unsure_since is not None and not (retry_ambiguous or exchange.echoed):
        exchange.learned.repeats_leases = False
        raise AmbiguousResultError(
            "the server no longer knows the lease whose answer was lost, and began another; "
            "the tasks of both stay hidden until they end",
            **exchange.facts(call),
        )
    return leased


def _repeats_leases(exchange: Exchange, address: Address, attempt_id: str) -> Script[bool]:
    """Whether the server answers a repeated lease with the same tasks; asked once if not known."""
    if not exchange.learned.repeats_leases:
        probe = calls.get_queue(address.project, address.queue, attempt_id=attempt_id)
        with suppress(ApiError, TransportError, CredentialsError, DeadlineExceededError):
            # A refusal, or an answer that makes no sense, can have the header too.
            yield from exchange.perform(probe, repeatable=True)
    return exchange.learned.repeats_leases


def _let_end(exchange: Exchange, address: Address, held: Held, seconds: int) -> Script[TaskSummary]:
    task = held.task
    # To POST to a task called "lease" is to lease; PATCH, with the token, does as update does.
    method = calls.patch_task if task.name == "lease" else calls.update_task
    call = method(
        address.project,
        address.queue,
        task.name,
        seconds=seconds,
        lease_token=task.lease_token,
        retry_count=task.retry_count,
    )
    return (yield from exchange.perform(call, repeatable=True))


def _own_renewal(
    exchange: Exchange, address: Address, held: Held, error: LeaseLostError
) -> Script[TaskSummary]:
    """The task as it is now, if it was an attempt of ours that moved the end of its lease.

    It was if nobody has leased the task since, and the lease has a new end that is still to come.
    """
    call = calls.get_task(address.project, address.queue, held.task.name)
    try:
        stored = yield from exchange.perform(call, repeatable=True)
    except TaskNotFoundError:
        raise error from None
    # The server's time, told from the old lease: never from the clock of this machine.
    past_the_end = exchange.clock.monotonic() - held.until
    server_now = held.task.lease_token + int(past_the_end * 1_000_000)
    if (
        stored.retry_count != held.task.retry_count
        or stored.lease_token == held.task.lease_token
        or stored.lease_token <= server_now
    ):
        raise error
    return stored


def _stored_before(
    exchange: Exchange, address: Address, error: TaskExistsError
) -> Script[Task | None]:
    """The task that has the name; None if it has been deleted since."""
    if isinstance(error, TaskTombstonedError):
        return None
    try:
        return (yield from get(exchange, address, error.task or ""))
    except TaskNotFoundError:
        return None


def _tombstoned(error: ApiError) -> TaskTombstonedError:
    return TaskTombstonedError(
        error.message,
        ambiguous=True,
        operation=error.operation,
        queue=error.queue,
        task=error.task,
        attempts=error.attempts,
        elapsed=error.elapsed,
        status=error.status,
        reason=error.reason,
        code=error.code,
        request_id=error.request_id,
    )
