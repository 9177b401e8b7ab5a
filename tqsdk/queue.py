"""The handle that programs work with: one queue of one project."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Unpack

from tqsdk import limits, operations
from tqsdk.bulk import DeleteReport, InsertReport, NewTask, check, deletion, insertion
from tqsdk.exchange import Script
from tqsdk.lease import Lease, Leases
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.options import CallOptions
from tqsdk.threads import run_bulk

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

    @property
    def address(self) -> operations.Address:
        """What ``operations`` need to know of it."""
        return self._address

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
        return self._client.run(
            self._leasing(
                max_tasks=max_tasks,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                retry_ambiguous=retry_ambiguous,
                **options,
            )
        )

    def _leasing(
        self,
        *,
        max_tasks: int,
        seconds: float | timedelta,
        tag: str | None,
        group_by_tag: bool,
        retry_ambiguous: bool,
        **options: Unpack[CallOptions],
    ) -> Script[Leases]:
        """``lease`` as a script, for whoever sends many things together."""
        held = yield from operations.lease(
            self._client.exchange(**options),
            self._address,
            max_tasks=max_tasks,
            seconds=seconds,
            tag=tag,
            group_by_tag=group_by_tag,
            retry_ambiguous=retry_ambiguous,
        )
        leases = [Lease(self._client, self._address, each) for each in held]
        return Leases(self._client, leases)

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

    def insert_many(
        self,
        tasks: Iterable[bytes | str | NewTask],
        *,
        dedupe: bool = True,
        concurrency: int = 4,
        progress: Callable[[InsertReport], None] | None = None,
        on_failure: Callable[[NewTask, Exception], None] | None = None,
        **options: Unpack[CallOptions],
    ) -> InsertReport:
        """Store any number of tasks, each exactly once, up to 1000 in one request.

        *tasks* may be a generator, and as long as it likes: it is read as requests leave, and
        memory stays flat. Names ascend in the order of *tasks*, and those of one request are leased
        in that order; requests that are on their way together may overtake one another, which
        ``concurrency=1`` prevents.

        Args:
            tasks: Payloads, or more about each; read, as callbacks are called, in this thread.
            dedupe: As for ``insert``.
            concurrency: Requests on their way at once, each on a thread of its own.
            progress: Told the report so far, after each request.
            on_failure: Told each task that failed, under the name it may be stored by, and why.
            options: As ``CallOptions``, for each task.

        Returns:
            How many are stored, were there already, and failed. A task that fails does not stop the
            others.

        Raises:
            BulkInterruptedError: Reading *tasks* failed, or a callback; or nothing of a request was
                stored, for no reason of the tasks', such as a server that is gone. That is the
                cause; all that was read has been tried, and is in the error's report.
        """
        check("tasks", tasks, concurrency)
        bulk = insertion(
            self._client.with_options(**options),
            self._address,
            dedupe=dedupe,
            progress=progress,
            on_failure=on_failure,
        )
        return run_bulk(self._client, bulk, tasks, concurrency=concurrency)

    def delete_many(
        self,
        names: Iterable[str],
        *,
        concurrency: int = 4,
        progress: Callable[[DeleteReport], None] | None = None,
        on_failure: Callable[[str, Exception], None] | None = None,
        **options: Unpack[CallOptions],
    ) -> DeleteReport:
        """Delete any number of tasks, leased or not, up to 1000 in one request.

        For all else see ``insert_many``. That there is no task of a name is no failure.
        """
        check("names", names, concurrency)
        bulk = deletion(
            self._client.with_options(**options),
            self._address,
            progress=progress,
            on_failure=on_failure,
        )
        return run_bulk(self._client, bulk, names, concurrency=concurrency)

    def lease_iter(
        self,
        *,
        max_tasks: int = 10,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> Generator[Lease, None, None]:
        """Lease again and again, and give the leases one by one, until nothing is available.

        Each is for you to delete, renew or release; one that you leave alone runs out, and is then
        available again. Those that you were not given yet when you stop are released when the
        generator is closed, and those that ran out while they waited for you are left out::

            for lease in queue.lease_iter(max_tasks=100, seconds=600):
                work(lease.payload)
                lease.delete()

        Args:
            max_tasks: How many to lease at once, and to hold at most before you get them; 1 to
                1000. All of them should be done within *seconds*.
            seconds: For this and the others see ``lease``.
            tag: Likewise.
            group_by_tag: Likewise; each call goes by the tag that is then the oldest task's.
            retry_ambiguous: Likewise.
            options: As ``CallOptions``, for each call.
        """
        limits.lasting(self._address.limits, seconds)
        while True:
            leases = self.lease(
                max_tasks=max_tasks,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                retry_ambiguous=retry_ambiguous,
                **options,
            )
            if not leases:
                return
            waiting = deque(leases)
            try:
                while waiting:
                    lease = waiting.popleft()
                    if lease.seconds_left:
                        yield lease
            finally:
                Leases(self._client, list(waiting))._give_back()

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
