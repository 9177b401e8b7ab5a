"""PostgreSQL as a source: the live rows, by queue and name."""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from tqsdk.migrate.moving.model import MOST_BATCH_BYTES, Batch, MoveError, Record
from tqsdk.migrate.postgres.database import COLUMNS, Place, projects, record, told

# Names compare as bytes, so that where a batch ends says all about where the next one begins.
_PAGE = f"""
SELECT {COLUMNS} FROM (
    SELECT {COLUMNS}, sum(length(payload)) OVER (ORDER BY queue, name) - length(payload) AS before
    FROM (
        SELECT {COLUMNS} FROM taskqueue_tasks
        WHERE (queue, name) > (%(queue)s, %(name)s)
            AND (%(only)s::text IS NULL OR queue = %(only)s) AND deleted_until IS NULL
        ORDER BY queue, name
        LIMIT %(count)s
    ) AS next
) AS measured
WHERE before < %(bytes)s
ORDER BY queue, name
"""

_AGAIN = f"""
SELECT {COLUMNS} FROM taskqueue_tasks
WHERE (queue, name) > (%s, %s) AND (queue, name) <= (%s, %s)
    AND (%s::text IS NULL OR queue = %s) AND deleted_until IS NULL
ORDER BY queue, name
"""

# Not a task that a worker has leased since it was read.
_DELETE = """
UPDATE taskqueue_tasks
SET deleted_until = statement_timestamp() + interval '7 days', payload = ''
WHERE queue = %s AND name = %s AND deleted_until IS NULL AND retry_count = %s
"""

_COUNT = """
SELECT count(*), count(*) FILTER (WHERE retry_count > 0 AND eta > statement_timestamp())
FROM taskqueue_tasks
WHERE (%(only)s::text IS NULL OR queue = %(only)s) AND deleted_until IS NULL
"""

_ALL = f"""
SELECT {COLUMNS} FROM taskqueue_tasks
WHERE (%(only)s::text IS NULL OR queue = %(only)s) AND deleted_until IS NULL
"""


class PostgresSource:
    """Gives all live tasks, leased or not.

    Args:
        place: Whose.
        drains: Whether tasks are deleted when they are safe at the target, or stay.
        batch: How many at most are given at once.
    """

    def __init__(self, place: Place, *, drains: bool, batch: int) -> None:
        self._only = place.queue
        self._drains = drains
        self._batch = batch
        self._connection = place.connect()
        try:
            with told():
                self._projects = projects(self._connection)
                self._connection.commit()
        except BaseException:
            self._connection.close()
            raise

    def batches(self, after: str | None) -> Iterator[Batch]:
        end = ("", "") if after is None else _places(after)[1]
        while rows := self._rows(_PAGE, self._page(end)):
            begin, end = end, (rows[-1][0], rows[-1][1])
            yield self._as_batch(rows, json.dumps([*begin, *end]))

    def again(self, place: str) -> Batch:
        begin, end = _places(place)
        rows = self._rows(_AGAIN, (*begin, *end, self._only, self._only))
        return self._as_batch(rows, place)

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        if not self._drains:
            return
        kept = set(refused)
        moved = [
            (each.queue, each.name, each.retry_count)
            for each in batch.records
            if each.name not in kept
        ]
        with told(), self._connection.transaction():
            self._connection.cursor().executemany(_DELETE, moved)

    def finish(self) -> str | None:
        if not self._drains:
            return None
        left, leased = self._counts()
        if not left:
            return None
        return (
            f"{left:,} tasks are in the table still, {leased:,} of them leased: they were refused,"
            " inserted meanwhile, or leased by a worker after they were read"
        )

    def total(self) -> int | None:
        return self._counts()[0]

    def preview(self) -> Iterator[Record] | None:
        return (record for batch in self.batches(None) for record in batch.records)

    def close(self) -> None:
        self._connection.close()

    def _page(self, end: tuple[str, str]) -> dict[str, object]:
        queue, name = end
        bounds = {"count": self._batch, "bytes": MOST_BATCH_BYTES}
        return {"queue": queue, "name": name, "only": self._only, **bounds}

    def _counts(self) -> tuple[int, int]:
        ((total, leased),) = self._rows(_COUNT, {"only": self._only})
        return total, leased

    def _as_batch(self, rows: list[tuple[Any, ...]], place: str) -> Batch:
        return Batch([record(self._projects.get(row[0], ""), row) for row in rows], place)

    def _rows(self, sql: LiteralString, arguments: Any) -> list[tuple[Any, ...]]:
        with told(), self._connection.transaction():
            return self._connection.execute(sql, arguments).fetchall()


@contextmanager
def reading(place: Place) -> Generator[Iterator[Record]]:
    """All that is there as of one instant."""
    with place.connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with told():
            known = projects(connection)
        yield _streamed(connection, known, place.queue)


def _streamed(
    connection: psycopg.Connection[Any], known: dict[str, str], only: str | None
) -> Iterator[Record]:
    with told(), connection.cursor("taskqueue_reading") as cursor:
        cursor.itersize = 500
        for row in cursor.execute(_ALL, {"only": only}):
            yield record(known.get(row[0], ""), row)


def _places(place: str) -> tuple[tuple[str, str], tuple[str, str]]:
    try:
        begin_queue, begin_name, end_queue, end_name = map(str, json.loads(place))
    except ValueError as error:
        raise MoveError(f"{place!r} is no place in a table: is this another move's?") from error
    return (begin_queue, begin_name), (end_queue, end_name)
