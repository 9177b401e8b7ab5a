"""PostgreSQL: the queues as rows of a table, who may use them as roles."""

from __future__ import annotations

from collections.abc import Iterator

from discovery.queue_files import QueueDefinition
from tqsdk.migrate.postgres.statements import statement
from tqsdk.migrate.queues.plan import Plan


def statements(plan: Plan) -> str:
    """SQL that can be run again."""
    lines = ["BEGIN;", statement("schema").decode()]
    for queue in plan.queues:
        limit = "NULL" if queue.task_retry_limit is None else str(queue.task_retry_limit)
        lines.append(
            "INSERT INTO taskqueue_queues (name, max_leases) "
            f"VALUES ({_text(queue.name)}, {limit})\n"
            "ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases;"
        )
        lines.extend(_accounts(plan, queue))
    return "\n".join([*lines, "COMMIT;"]) + "\n"


def _accounts(plan: Plan, queue: QueueDefinition) -> Iterator[str]:
    """Roles are for all rows: what a queue's own list said is kept as a comment."""
    for key, emails in (("user_email", queue.user_emails), ("writer_email", queue.writer_emails)):
        for email in emails:
            plan.note(f"queue {queue.name!r}: {key} {email}: give a role to whoever that was")
            yield f"-- {queue.name}: {key} {email}"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
