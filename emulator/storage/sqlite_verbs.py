"""The verbs of a transaction as SQL; what a verb promises stands in ``emulator.engine.store``.

What can wait is gathered, and written when its batch ends or somebody has to see it: new tasks,
many to a statement, and counts. Why the tables are as they are stands in ``sql/``.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from emulator.engine.clock import MICROSECONDS, ClockState
from emulator.engine.model import Attempt, Kept, QueueId, Task, Tombstone, Wiped

_TASK = "t.name, t.eta, t.retry_count, t.tag, t.enqueued_at, t.eta_given"

_PAYLOAD_COLUMNS = ("id", "body")
_TASK_COLUMNS = (
    "queue",
    "name",
    "eta",
    "retry_count",
    "tag",
    "enqueued_at",
    "eta_given",
    "payload",
)

_NEVER = 2**63 - 1

# New tasks in one statement; each number of them is a statement that is prepared once.
_MOST_ROWS = 64


class SqliteTransaction:
    """The verbs, as SQL. What a verb promises stands in ``emulator.engine.store.Transaction``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection.execute
        self.writes = 0
        self._new: dict[tuple[int, str], Task] = {}
        (self._last_payload,) = self._sql("SELECT coalesce(max(id), 0) FROM payload").fetchone()
        # No tombstone ends before this; it may be earlier than the first end, never later.
        self._first_end = self._read_first_end()
        self._ids: dict[QueueId, int] = {}
        self._added_ids: list[QueueId] = []
        self._added_tasks: Counter[int] = Counter()
        self._added_leases: Counter[tuple[int, int]] = Counter()
        self._clock = self._committed_clock = self._read_clock()
        self._seen: int | None = None

    def find(
        self, queue: QueueId, name: str, *, with_payload: bool = False
    ) -> Task | Tombstone | None:
        queue_id = self._id(queue)
        new = self._new.get((queue_id, name))
        if new is not None:
            return new if with_payload else new._replace(payload=None)
        row = self._sql(
            f"SELECT t.buried_until, {_TASK}, t.payload FROM task t WHERE queue = ? AND name = ?",
            (queue_id, name),
        ).fetchone()
        if row is None:
            return None
        buried_until, *fields, payload_id = row
        if buried_until is not None:
            return Tombstone(name, buried_until)
        return _task(*fields, payload=self._payload(payload_id) if with_payload else None)

    def put(self, queue: QueueId, task: Task) -> None:
        queue_id = self._id(queue, make=True)
        if (queue_id, task.name) in self._new:
            raise RuntimeError(f"put of task {task.name!r} twice")
        self._new[queue_id, task.name] = task
        self.writes += 1
        self._added_tasks[queue_id] += 1
        if len(self._new) == _MOST_ROWS:  # so that no unit gathers more than it takes to be quick
            self._write_new()

    def put_tombstone(self, queue: QueueId, tombstone: Tombstone) -> None:
        self._sql(
            "INSERT INTO task (queue, name, eta, retry_count, tag, enqueued_at, eta_given,"
            " buried_until) VALUES (?, ?, 0, 0, '', 0, 0, ?)",
            (self._id(queue, make=True), tombstone.name, tombstone.until),
        )
        self._first_end = min(self._first_end, tombstone.until)
        self.writes += 1

    def forget(self, queue: QueueId, name: str) -> None:
        changed = self._sql(
            "DELETE FROM task WHERE queue = ? AND name = ? AND buried_until IS NOT NULL",
            (self._id(queue), name),
        ).rowcount
        _require_one(changed, "forget", name)
        self.writes += 1

    def available(self, queue: QueueId, *, now: int, tag: str | None = None) -> Iterator[Task]:
        self._write_new()
        index, where = ("task_by_eta", "") if tag is None else ("task_by_tag", " AND t.tag = ?")
        values: tuple[int | str, ...] = (self._id(queue), now)
        rows = self._sql(
            f"SELECT {_TASK}, p.body FROM task t INDEXED BY {index}"
            " LEFT JOIN payload p ON p.id = t.payload"
            f" WHERE t.buried_until IS NULL AND t.queue = ? AND t.eta <= ?{where}"
            " ORDER BY t.eta, t.name",
            values if tag is None else (*values, tag),
        )
        for *fields, payload in rows:
            yield _task(*fields, payload=payload or b"")

    def next_eta(self, queue: QueueId, *, after: int, tag: str | None = None) -> int | None:
        self._write_new()
        index, where = ("task_by_eta", "") if tag is None else ("task_by_tag", " AND tag = ?")
        values: tuple[int | str, ...] = (self._id(queue), after)
        row = self._sql(
            f"SELECT eta FROM task INDEXED BY {index}"
            f" WHERE buried_until IS NULL AND queue = ? AND eta > ?{where} ORDER BY eta LIMIT 1",
            values if tag is None else (*values, tag),
        ).fetchone()
        return int(row[0]) if row else None

    def first(self, queue: QueueId, *, limit: int) -> Sequence[Task]:
        self._write_new()
        rows = self._sql(
            f"SELECT {_TASK} FROM task t INDEXED BY task_by_eta"
            " WHERE t.buried_until IS NULL AND t.queue = ? ORDER BY t.eta, t.name LIMIT ?",
            (self._id(queue), limit),
        )
        return [_task(*fields, payload=None) for fields in rows]

    def reschedule(self, queue: QueueId, name: str, *, eta: int, retry_count: int) -> None:
        self._write_new()
        changed = self._sql(
            "UPDATE task SET eta = ?, retry_count = ?"
            " WHERE queue = ? AND name = ? AND buried_until IS NULL",
            (eta, retry_count, self._id(queue), name),
        ).rowcount
        _require_one(changed, "reschedule", name)
        self.writes += 1

    def bury(self, queue: QueueId, name: str, *, until: int | None) -> None:
        self._write_new()
        queue_id = self._id(queue)
        live = "queue = ? AND name = ? AND buried_until IS NULL"
        self._sql(
            f"DELETE FROM payload WHERE id = (SELECT payload FROM task WHERE {live})",
            (queue_id, name),
        )
        if until is None:
            changed = self._sql(f"DELETE FROM task WHERE {live}", (queue_id, name)).rowcount
        else:
            changed = self._sql(
                "UPDATE task SET buried_until = ?, payload = NULL, eta = 0, retry_count = 0,"
                f" tag = '', enqueued_at = 0, eta_given = 0 WHERE {live}",
                (until, queue_id, name),
            ).rowcount
            self._first_end = min(self._first_end, until)
        _require_one(changed, "bury", name)
        self.writes += 1
        self._added_tasks[queue_id] -= 1

    def sweep(self, *, now: int, limit: int) -> int:
        if now < self._first_end:
            return 0
        over = self._sql(
            "SELECT queue, name FROM task INDEXED BY tombstone_by_end"
            " WHERE buried_until <= ? ORDER BY buried_until LIMIT ?",
            (now, limit),
        ).fetchall()
        for row in over:
            self._sql("DELETE FROM task WHERE queue = ? AND name = ?", row)
        self.writes += len(over)
        self._first_end = self._read_first_end()
        return len(over)

    def count(self, queue: QueueId) -> int:
        queue_id = self._id(queue)
        row = self._sql("SELECT tasks FROM queue WHERE id = ?", (queue_id,)).fetchone()
        return (row[0] if row else 0) + self._added_tasks[queue_id]

    def record_leases(self, queue: QueueId, *, at: int, count: int, forget_before: int) -> None:
        queue_id = self._id(queue, make=True)
        second = at // MICROSECONDS
        if (queue_id, second) not in self._added_leases:
            self._sql(
                "DELETE FROM lease_count WHERE queue = ? AND second < ?",
                (queue_id, forget_before // MICROSECONDS),
            )
        self.writes += 1
        self._added_leases[queue_id, second] += count

    def leases_between(self, queue: QueueId, since: int, until: int) -> int:
        queue_id, first, last = self._id(queue), since // MICROSECONDS, until // MICROSECONDS
        (stored,) = self._sql(
            "SELECT coalesce(sum(leases), 0) FROM lease_count"
            " WHERE queue = ? AND second BETWEEN ? AND ?",
            (queue_id, first, last),
        ).fetchone()
        return int(stored) + sum(
            leases
            for (whose, second), leases in self._added_leases.items()
            if whose == queue_id and first <= second <= last
        )

    def attempt(self, queue: QueueId, id: str) -> Attempt | None:
        row = self._sql(
            "SELECT id, asked, until, tasks FROM attempt WHERE queue = ? AND id = ?",
            (self._id(queue), id),
        ).fetchone()
        return None if row is None else _attempt(*row)

    def remember(self, queue: QueueId, attempt: Attempt) -> None:
        self._sql(
            "INSERT OR REPLACE INTO attempt (queue, id, asked, until, tasks)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                self._id(queue, make=True),
                attempt.id,
                attempt.asked,
                attempt.until,
                json.dumps(attempt.tasks),
            ),
        )
        self.writes += 1

    def forget_attempts(self, *, now: int, limit: int) -> int:
        over = self._sql(
            "SELECT queue, id FROM attempt INDEXED BY attempt_by_end"
            " WHERE until <= ? ORDER BY until LIMIT ?",
            (now, limit),
        ).fetchall()
        for row in over:
            self._sql("DELETE FROM attempt WHERE queue = ? AND id = ?", row)
        self.writes += len(over)
        return len(over)

    def queues(self, project: str | None = None) -> Sequence[QueueId]:
        where, values = ("", ()) if project is None else (" WHERE project = ?", (project,))
        rows = self._sql(f"SELECT project, name FROM queue{where} ORDER BY project, name", values)
        return [QueueId(*row) for row in rows]

    def look(
        self, queue: QueueId, *, after: str, limit: int, with_payload: bool = False
    ) -> Sequence[Kept]:
        self._write_new()
        # The length of a column is in its row's head, so the bytes themselves are not read for it.
        body = "p.body" if with_payload else "NULL"
        rows = self._sql(
            f"SELECT t.buried_until, coalesce(length(p.body), 0), {body}, {_TASK} FROM task t"
            " LEFT JOIN payload p ON p.id = t.payload"
            " WHERE t.queue = ? AND t.name > ? ORDER BY t.name LIMIT ?",
            (self._id(queue), after, limit),
        )
        return [_kept(*row, with_payload=with_payload) for row in rows]

    def wipe(self, queue: QueueId | None = None) -> Wiped:
        self._write_new()
        self.writes += 1
        return self._wipe_all() if queue is None else self._wipe_one(queue)

    def _wipe_all(self) -> Wiped:
        (stored,) = self._sql("SELECT coalesce(sum(tasks), 0) FROM queue").fetchone()
        tasks = stored + self._added_tasks.total()
        (tombstones,) = self._sql(
            "SELECT count(*) FROM task INDEXED BY tombstone_by_end WHERE buried_until IS NOT NULL"
        ).fetchone()
        for table in ("task", "payload", "lease_count", "attempt", "queue"):
            # Without a condition SQLite drops whole pages, however many rows there are.
            self._sql(f"DELETE FROM {table}")
        self._ids.clear()
        self._added_tasks.clear()
        self._added_leases.clear()
        return Wiped(tasks, tombstones)

    def _wipe_one(self, queue: QueueId) -> Wiped:
        queue_id, tasks = self._id(queue), self.count(queue)
        self._sql(
            "DELETE FROM payload WHERE id IN (SELECT payload FROM task WHERE queue = ?)",
            (queue_id,),
        )
        names = self._sql("DELETE FROM task WHERE queue = ?", (queue_id,)).rowcount
        for table, column in (("lease_count", "queue"), ("attempt", "queue"), ("queue", "id")):
            self._sql(f"DELETE FROM {table} WHERE {column} = ?", (queue_id,))
        # The number may be given to another queue, in this very batch.
        self._ids.pop(queue, None)
        self._added_tasks.pop(queue_id, None)
        for key in [each for each in self._added_leases if each[0] == queue_id]:
            del self._added_leases[key]
        return Wiped(tasks, names - tasks)

    def clock(self) -> ClockState | None:
        return self._clock

    def set_clock(self, state: ClockState | None) -> None:
        if state is None:
            self._sql("DELETE FROM clock")
        else:
            self._sql(
                "INSERT OR REPLACE INTO clock (id, base, own, factor, auto_jump, seen)"
                " VALUES (1, ?, ?, ?, ?, ?)",
                (state.base, state.own, state.factor, state.auto_jump, state.seen),
            )
        self._clock = state
        self._seen = None  # it was another clock's time
        self.writes += 1

    def saw(self, now: int) -> None:
        self._seen = now

    def lease_counts(self, queue: QueueId) -> Sequence[tuple[int, int]]:
        self._write_leases()
        rows = self._sql(
            "SELECT second, leases FROM lease_count WHERE queue = ? ORDER BY second",
            (self._id(queue),),
        )
        return [(second * MICROSECONDS, leases) for second, leases in rows]

    def attempts(self, queue: QueueId) -> Iterator[Attempt]:
        rows = self._sql(
            "SELECT id, asked, until, tasks FROM attempt WHERE queue = ? ORDER BY id",
            (self._id(queue),),
        )
        for row in rows:
            yield _attempt(*row)

    def flush(self) -> None:
        """Write what the batch has gathered: new tasks, many to a statement, counts, the time."""
        self._write_new()
        for queue_id, change in self._added_tasks.items():
            if change:
                self._sql("UPDATE queue SET tasks = tasks + ? WHERE id = ?", (change, queue_id))
        self._added_tasks.clear()
        self._write_leases()
        if self._seen is not None and self.writes:
            self._sql("UPDATE clock SET seen = ?", (self._seen,))

    def settled(self) -> None:
        """The batch is committed."""
        self.writes = 0
        self._added_ids.clear()
        self._added_tasks.clear()
        self._added_leases.clear()
        self._committed_clock = self._clock
        self._seen = None

    def undone(self) -> None:
        """The batch was rolled back, and the queues that it made with it."""
        self._new.clear()
        self._first_end = 0  # not known any more: a sweep may have been undone
        for queue in self._added_ids:
            self._ids.pop(queue, None)  # it may have been wiped as well
        self._clock = self._committed_clock
        self.settled()

    def _read_clock(self) -> ClockState | None:
        row = self._sql("SELECT base, own, factor, auto_jump, seen FROM clock").fetchone()
        if row is None:
            return None
        base, own, factor, auto_jump, seen = row
        return ClockState(base=base, own=own, factor=factor, auto_jump=auto_jump, seen=seen)

    def _read_first_end(self) -> int:
        (first,) = self._sql(
            "SELECT coalesce(min(buried_until), ?) FROM task INDEXED BY tombstone_by_end"
            " WHERE buried_until IS NOT NULL",
            (_NEVER,),
        ).fetchone()
        return int(first)

    def _write_leases(self) -> None:
        for (queue_id, second), leases in self._added_leases.items():
            self._sql(
                "INSERT INTO lease_count (queue, second, leases) VALUES (?, ?, ?)"
                " ON CONFLICT (queue, second) DO UPDATE SET leases = leases + excluded.leases",
                (queue_id, second, leases),
            )
        self._added_leases.clear()

    def _write_new(self) -> None:
        """Store the tasks that ``put`` has gathered.

        One statement for many takes a third of the time, and verbs that would have to see the new
        rows are rarely in one batch with the verbs that make them.
        """
        if not self._new:
            return
        new = [*self._new.items()]
        self._new.clear()
        for start in range(0, len(new), _MOST_ROWS):
            payloads: list[int | bytes] = []
            tasks: list[int | str | None] = []
            chunk = new[start : start + _MOST_ROWS]
            for (queue_id, name), task in chunk:
                payload_id = None
                if task.payload:
                    self._last_payload = payload_id = self._last_payload + 1
                    payloads += (payload_id, task.payload)
                tasks += (
                    queue_id,
                    name,
                    task.eta,
                    task.retry_count,
                    task.tag,
                    task.enqueued_at,
                    task.eta_given,
                    payload_id,
                )
            if payloads:
                self._sql(_insert("payload", _PAYLOAD_COLUMNS, len(payloads) // 2), payloads)
            self._sql(_insert("task", _TASK_COLUMNS, len(chunk)), tasks)

    def _id(self, queue: QueueId, *, make: bool = False) -> int:
        """The queue's number; 0, which no queue has, where it has never stored a task."""
        known = self._ids.get(queue)
        if known is not None:
            return known
        row = self._sql(
            "SELECT id FROM queue WHERE project = ? AND name = ?", (queue.project, queue.name)
        ).fetchone()
        if row is None:
            if not make:
                return 0
            row = self._sql(
                "INSERT INTO queue (project, name) VALUES (?, ?) RETURNING id", queue
            ).fetchone()
            self._added_ids.append(queue)
        self._ids[queue] = int(row[0])
        return self._ids[queue]

    def _payload(self, payload_id: int | None) -> bytes:
        if payload_id is None:
            return b""
        row = self._sql("SELECT body FROM payload WHERE id = ?", (payload_id,)).fetchone()
        return bytes(row[0])


def _task(
    name: str,
    eta: int,
    retry_count: int,
    tag: str,
    enqueued_at: int,
    eta_given: int,
    *,
    payload: bytes | None,
) -> Task:
    return Task(
        name=name,
        payload=payload,
        tag=tag,
        enqueued_at=enqueued_at,
        eta=eta,
        eta_given=bool(eta_given),
        retry_count=retry_count,
    )


def _attempt(id: str, asked: str, until: int, tasks: str) -> Attempt:
    leased = tuple((name, retry_count) for name, retry_count in json.loads(tasks))
    return Attempt(id=id, asked=asked, until=until, tasks=leased)


def _kept(
    buried_until: int | None,
    payload_bytes: int,
    body: bytes | None,
    name: str,
    *fields: Any,
    with_payload: bool,
) -> Kept:
    if buried_until is not None:
        return Kept(Tombstone(name, buried_until), 0)
    payload = (body or b"") if with_payload else None
    return Kept(_task(name, *fields, payload=payload), payload_bytes)


@cache
def _insert(table: str, columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"


def _require_one(changed: int, verb: str, name: str) -> None:
    """Keep a broken promise of the engine from losing a task in silence."""
    if changed != 1:
        raise RuntimeError(f"{verb} of task {name!r} met {changed} rows, not one")
