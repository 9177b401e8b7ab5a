"""Which database an address names, and how its rows are records."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urldefrag

import psycopg

from tqsdk.migrate.moving.model import MoveError, Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

COLUMNS = "queue, name, tag, eta, eta_given, enqueued_at, retry_count, payload"


@dataclass(frozen=True, slots=True)
class Place:
    """Queues of a database.

    Attributes:
        uri: As libpq wants it. It may have a password, so it is never shown.
        queue: The only one; None is all there are, or that of each record.
    """

    uri: str = field(repr=False)
    queue: str | None

    @classmethod
    def of(cls, address: str) -> Place:
        """``postgresql://USER@HOST/DATABASE#QUEUE``: a URI of libpq's, and ``#QUEUE``."""
        uri, queue = urldefrag(address)
        return cls(uri, unquote(queue) or None)

    def connect(self) -> psycopg.Connection[Any]:
        """A connection that begins a transaction with the first statement.

        Raises:
            MoveError: It cannot be made.
        """
        with told():
            connection = psycopg.connect(self.uri)
            connection.execute("SET timezone TO 'UTC'")  # as times are shown to Python
            connection.commit()
            return connection


@contextmanager
def told() -> Generator[None]:
    """Have errors of the database end a move, with their first line."""
    try:
        yield
    except psycopg.Error as error:
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise MoveError(f"PostgreSQL: {first}") from error


def instant(microseconds: int) -> datetime:
    """Raises OverflowError for one beyond the year 9999."""
    return _EPOCH + microseconds * _MICROSECOND


def record(project: str, row: tuple[Any, ...]) -> Record:
    """What stands in ``COLUMNS``, as a record."""
    queue, name, tag, eta, eta_given, enqueued_at, retry_count, payload = row
    return Record(
        project=project,
        queue=queue,
        name=name,
        tag=tag,
        eta=(eta - _EPOCH) // _MICROSECOND,
        eta_given=eta_given,
        enqueued_at=(enqueued_at - _EPOCH) // _MICROSECOND,
        retry_count=retry_count,
        payload=bytes(payload),
    )


def projects(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The project of each queue."""
    return dict(connection.execute("SELECT name, project FROM taskqueue_queues").fetchall())
