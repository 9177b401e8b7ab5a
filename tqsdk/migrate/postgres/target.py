"""PostgreSQL as a target: COPY into a staging table, then what is new, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from tqsdk.migrate.moving.model import STORED, THERE, MoveError, Outcome, Record, refused
from tqsdk.migrate.postgres.database import COLUMNS, Place, instant, projects, told
from tqsdk.migrate.postgres.statements import statement

_TYPES = ["text", "text", "text", "timestamptz", "bool", "timestamptz", "int4", "bytea"]

_STAGING = """
CREATE TEMPORARY TABLE IF NOT EXISTS taskqueue_staging (LIKE taskqueue_tasks)
ON COMMIT DELETE ROWS
"""

# A queue whose tasks came from elsewhere keeps saying so.
_QUEUE = """
INSERT INTO taskqueue_queues AS queue (name, project) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET project = EXCLUDED.project WHERE queue.project = ''
"""

_FREE = """
DELETE FROM taskqueue_tasks AS task USING taskqueue_staging AS new
WHERE task.queue = new.queue AND task.name = new.name
    AND task.deleted_until <= statement_timestamp()
"""

_STORE = f"""
INSERT INTO taskqueue_tasks ({COLUMNS}) SELECT {COLUMNS} FROM taskqueue_staging
ON CONFLICT (queue, name) DO NOTHING
RETURNING queue, name
"""


class PostgresTarget:
    """Stores each record with all that is known of it, unless its name is taken.

    A name that is taken by a tombstone is taken too: a worker may have been that fast.
    """

    knows_names = True

    def __init__(self, place: Place) -> None:
        self._place = place
        self._connection = place.connect()

    def refusal(self, record: Record) -> str | None:
        if record.name is None:
            return "it has no name"
        if "\0" in record.tag:
            return "its tag has a NUL, which no text of PostgreSQL may have"
        try:
            instant(record.eta or 0)
        except OverflowError:
            return "its ETA is beyond the year 9999"
        return None

    def resume(self, mark: str | None) -> None:
        with told(), self._connection.transaction():
            # Whoever may only use the tables need not be allowed to make them.
            found = self._connection.execute("SELECT to_regclass('taskqueue_tasks')").fetchone()
            if found == (None,):
                self._connection.execute(statement("schema"))
            self._connection.execute(_STAGING)

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        reasons = [self.refusal(record) for record in records]
        fit = [each for each, reason in zip(records, reasons, strict=True) if reason is None]
        with told(), self._connection.transaction():
            self._make_queues(fit)
            self._stage(fit)
            self._connection.execute(_FREE)
            stored = set(self._connection.execute(_STORE).fetchall())
        outcomes: list[Outcome] = []
        for record, reason in zip(records, reasons, strict=True):
            key = (self._queue(record), record.name)
            if reason is not None:
                outcomes.append(refused(reason))
            elif key in stored:
                stored.remove(key)  # the same name a second time was not stored
                outcomes.append(STORED)
            else:
                outcomes.append(THERE)
        return outcomes

    def mark(self) -> str | None:
        return None

    def finish(self) -> None:
        """Have the planner know how much there is, before workers ask."""
        with told(), self._connection.transaction():
            self._connection.execute("ANALYZE taskqueue_tasks")

    def close(self) -> None:
        self._connection.close()

    def _make_queues(self, records: Sequence[Record]) -> None:
        """Raises MoveError where a queue has another project's tasks: names are unique in one."""
        found = {(self._queue(record), record.project) for record in records}
        self._connection.cursor().executemany(_QUEUE, sorted(found))
        known = projects(self._connection)
        for queue, project in sorted(found):
            if known[queue] != project:
                raise MoveError(
                    f"queue {queue!r} of that database has tasks of project {known[queue]!r}, and"
                    f" these are of {project!r}: give another queue, with #QUEUE after the address"
                )

    def _stage(self, records: Sequence[Record]) -> None:
        now = self._connection.execute("SELECT statement_timestamp()").fetchone()
        assert now is not None
        sql = f"COPY taskqueue_staging ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
        with self._connection.cursor() as cursor, cursor.copy(sql) as copy:
            copy.set_types(_TYPES)
            for each in records:
                copy.write_row(
                    (
                        self._queue(each),
                        each.name,
                        each.tag,
                        now[0] if each.eta is None else instant(each.eta),
                        each.eta_given,
                        now[0] if each.enqueued_at is None else instant(each.enqueued_at),
                        each.retry_count,
                        each.payload,
                    )
                )

    def _queue(self, record: Record) -> str:
        return self._place.queue or record.queue
