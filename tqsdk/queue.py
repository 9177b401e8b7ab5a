"""The handle that programs work with: one queue of one project."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Unpack

from tqsdk import limits, operations
from tqsdk.lease import Lease, Leases
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.options import CallOptions

if TYPE_CHECKING:
    from tqsdk.client import Client


class Queue:
    """A queue; made by ``Client.queue``, without asking the server.

    Every method takes the keywords of ``CallOptions`` too: ``retry``, ``timeout``, ``deadline``,
    ``headers``. Each may raise ``TransportError``, ``DeadlineExceededError`` and the ``ApiError``
    of a server that refuses; ``Raises`` names only what is particular.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._address = operations.Address(client.project, limits.queue_name(name), client.limits)

    @property
    def name(self) -> str:
        return self._address.queue

    def insert(
        self,
        payload: bytes | str,
        *,
        name: str | None = None,
        tag: str | None = None,
        eta: datetime | timedelta | None = None,
        dedupe: bool = True,
        **options: Unpack[CallOptions],
    ) -> Task:
        """Store a task, exactly once even if answers are lost on the way.

        That takes a name: without one of yours the client makes one. A name stays blocked for days
        after its task is deleted.

        Args:
            payload: At most 1 MiB; text is stored as UTF-8.
            name: 1 to 500 of the characters ``a-z A-Z 0-9 _ -``.
            tag: At most 500 bytes of UTF-8.
            eta: When it may first be leased, or how long from now; at most 30 days ahead.
            dedupe: False leaves naming to the server, and does not repeat an attempt that may have
                succeeded.
            options: As ``CallOptions``.

        Raises:
            ArgumentError: The service does not take an argument.
            TaskExistsError: The name is taken, or (TaskTombstonedError) was until lately.
            AmbiguousResultError: Whether it is stored is unknown. After this error too a repetition
                is safe if it has a name: the one given, or that in the error's ``task``.
        """
        exchange = self._client.exchange(**options)
        return self._client.run(
            operations.insert(
                exchange, self._address, payload, name=name, tag=tag, eta=eta, dedupe=dedupe
            )
        )

    def lease(
        self,
        *,
        max_tasks: int = 1,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> Leases:
        """Lease the oldest available tasks: until the lease ends nobody else gets them.

        Args:
            max_tasks: 1 to 1000; the server may give fewer, above all if payloads are large.
            seconds: Whole, 0 to 604800.
            tag: Only tasks with this tag.
            group_by_tag: Without *tag*: only tasks that have the tag of the oldest one.
            retry_ambiguous: Whether to repeat a call whose answer was lost even if the server does
                not know repeated leases. The tasks that it may have leased stay hidden then until
                that lease ends.
            options: As ``CallOptions``.

        Raises:
            ArgumentError: The service does not take an argument.
            AmbiguousResultError: Tasks may be leased, but which is unknown: the answer is lost, and
                this server would not give the same ones again.
        """
        exchange = self._client.exchange(**options)
        held = self._client.run(
            operations.lease(
                exchange,
                self._address,
                max_tasks=max_tasks,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                retry_ambiguous=retry_ambiguous,
            )
        )
        return Leases([Lease(self._client, self._address, each) for each in held])

    def get(self, name: str, **options: Unpack[CallOptions]) -> Task:
        """One task with its payload, leased or not; this does not lease it.

        Raises:
            TaskNotFoundError: There is none of this name.
        """
        exchange = self._client.exchange(**options)
        return self._client.run(operations.get(exchange, self._address, name))

    def list(self, **options: Unpack[CallOptions]) -> list[TaskSummary]:
        """The first 100 tasks, leased or not, without payloads. The API has no further pages."""
        exchange = self._client.exchange(**options)
        return self._client.run(operations.list_(exchange, self._address))

    def delete(
        self, name: str, *, missing_ok: bool = False, **options: Unpack[CallOptions]
    ) -> None:
        """Delete a task, leased or not, by whomever.

        Raises:
            TaskNotFoundError: There is none of this name, and not *missing_ok*.
        """
        exchange = self._client.exchange(**options)
        script = operations.delete(exchange, self._address, name, missing_ok=missing_ok)
        self._client.run(script)

    def stats(self, **options: Unpack[CallOptions]) -> QueueStats:
        """How many tasks there are, how old the oldest is, and how many were leased of late."""
        exchange = self._client.exchange(**options)
        return self._client.run(operations.stats(exchange, self._address))

    def info(self, **options: Unpack[CallOptions]) -> QueueInfo:
        """The queue as the server describes it, without statistics."""
        exchange = self._client.exchange(**options)
        return self._client.run(operations.info(exchange, self._address))

    def __repr__(self) -> str:
        return f"Queue({self._address.project!r}, {self.name!r})"
