"""Our server's own: a ``queue.yaml`` with what it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator

from discovery.queue_files import QueueDefinition
from tqsdk.migrate.queues.plan import Plan


def queue_yaml(plan: Plan) -> str:
    """The file that ``tq-emulator serve --queues`` takes."""
    lines: list[str] = []
    if plan.total_storage_limit is not None:
        lines.append(f"total_storage_limit: {plan.total_storage_limit}")
    lines.append("queue:")
    for queue in plan.queues:
        lines.extend(_queue(queue))
    return "\n".join(lines) + "\n"


def _queue(queue: QueueDefinition) -> Iterator[str]:
    yield f"- name: {json.dumps(queue.name)}"
    yield "  mode: pull"
    if queue.task_retry_limit is not None:
        yield "  retry_parameters:"
        yield f"    task_retry_limit: {queue.task_retry_limit}"
    if queue.has_acl:
        yield "  acl:" if queue.user_emails or queue.writer_emails else "  acl: []"
        yield from (f"  - user_email: {json.dumps(each)}" for each in queue.user_emails)
        yield from (f"  - writer_email: {json.dumps(each)}" for each in queue.writer_emails)
