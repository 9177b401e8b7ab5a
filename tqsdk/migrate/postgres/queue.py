"""A pull queue that is a table of PostgreSQL. Copy this file and the ``.sql`` files, if you like.

What time it is, the database says: workers' clocks do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row, scalar_row

from tqsdk.migrate.postgres.statements import statement


class LeaseLostError(Exception):
    """The lease has run out, or the task is deleted or another's by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A task that this worker holds until ``leased_until``.

    Attributes:
        tag: "" is none.
        retry_count: Which lease this is, from 1.
        is_spent: Whether it had all its leases already and was deleted instead of leased now.
    """

    name: str
    tag: str
    payload: bytes = field(repr=False)
    retry_count: int
    enqueued_at: datetime
    leased_until: datetime
    is_spent: bool


class Stats(NamedTuple):
    """The figures of a queue.

    Attributes:
        available: How many tasks can be leased now.
        oldest: Since when the oldest of these could be; None if there is none.
    """

    total: int
    available: int
    oldest: datetime | None


class PostgresQueue:
    """One queue, for one thread: a connection is not shared.

    Each method is one statement. On a connection with ``autocommit`` it counts at once; else it is
    part of the transaction, so that a task can be deleted in the very one that does its work.

    Args:
        connection: To a database that has ``schema.sql``.
        name: The queue's.
    """

    def __init__(self, connection: psycopg.Connection[Any], name: str) -> None:
        self._connection = connection
        self.name = name

    def create(self, *, max_leases: int | None = None) -> None:
        """Make the tables if there are none, and the queue.

        Args:
            max_leases: How often a task may be leased before it is deleted; None is without end.
        """
        self._connection.execute(statement("schema"))
        self._connection.execute(
            "INSERT INTO taskqueue_queues (name, max_leases) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases",
            (self.name, max_leases),
        )

    def insert(
        self, payload: bytes, *, name: str | None = None, tag: str = "", delay: float = 0
    ) -> str | None:
        """Store a task.

        Args:
            payload: Any bytes.
            name: Unique in the queue; None has one made.
            tag: "" is none.
            delay: In how many seconds it can first be leased.

        Returns:
            Its name; None if that is taken, by a task or by one deleted within seven days.
        """
        arguments = {"payload": payload, "name": name, "tag": tag, "delay": delay}
        stored: str | None = self._one("insert", arguments)
        return stored

    def lease(
        self,
        count: int,
        seconds: float,
        *,
        tag: str | None = None,
        group_by_tag: bool = False,
    ) -> list[Leased]:
        """Lease the oldest tasks that can be, by (ETA, name); no two workers get the same.

        Args:
            count: How many at most.
            seconds: For how long; 0 counts as a lease, and holds nothing.
            tag: Only tasks with this tag; "" is those without, None all.
            group_by_tag: Only tasks with the tag of the oldest one; not beside *tag*.

        Returns:
            In their order. Those that are spent are among them, for you to log: they are deleted.
        """
        if tag is not None and group_by_tag:
            raise ValueError("give a tag, or have them grouped by that of the oldest")
        sql = "lease_group" if group_by_tag else "lease" if tag is None else "lease_tag"
        arguments = {"queue": self.name, "count": count, "seconds": seconds, "tag": tag}
        with self._connection.cursor(row_factory=class_row(Leased)) as cursor:
            return cursor.execute(statement(sql), arguments).fetchall()

    def renew(self, task: Leased, seconds: float) -> Leased:
        """Hold *task* until *seconds* from now; 0 gives it back.

        Raises:
            LeaseLostError: It is not held any more.
        """
        arguments = {
            "name": task.name,
            "leased_until": task.leased_until,
            "retry_count": task.retry_count,
            "seconds": seconds,
        }
        until = self._one("renew", arguments)
        if until is None:
            raise LeaseLostError(f"the lease of task {task.name!r} has ended")
        return replace(task, leased_until=until)

    def release(self, task: Leased) -> None:
        """Give *task* back; nothing happens if it is not held any more."""
        try:
            self.renew(task, 0)
        except LeaseLostError:
            return

    def delete(self, name: str) -> bool:
        """Delete a task, whoever holds it; whether there was one."""
        return self._one("delete", {"name": name}) is not None

    def stats(self) -> Stats:
        """The queue's figures; takes time with the number of tasks."""
        row = self._connection.execute(statement("stats"), {"queue": self.name}).fetchone()
        return Stats(*row) if row is not None else Stats(0, 0, None)

    def lease_iter(self, count: int, seconds: float) -> Iterator[Leased]:
        """Tasks one by one, *count* leased at a time, until none can be leased."""
        while leased := self.lease(count, seconds):
            yield from (task for task in leased if not task.is_spent)

    def _one(self, name: str, arguments: Mapping[str, object]) -> Any:
        """The only column of the only row; None if there is no row."""
        with self._connection.cursor(row_factory=scalar_row) as cursor:
            cursor.execute(statement(name), {"queue": self.name, **arguments})
            return cursor.fetchone()
