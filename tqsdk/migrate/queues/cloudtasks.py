"""Cloud Tasks: queues that push, which is the most that is left of pull queues there."""

from __future__ import annotations

import json
from collections.abc import Iterator

from discovery.queue_files import QueueDefinition
from tqsdk.migrate.queues.plan import Plan, member


def resources(plan: Plan) -> str:
    """The resources of Cloud Tasks' REST API (v2), and who may use them."""
    plan.note(
        "Cloud Tasks pushes: nothing can be leased, workers become handlers of HTTP requests; "
        "`tq migrate scan --target cloudtasks` tells where leases are used"
    )
    plan.note("a task has at most 100 KB there: larger payloads have to be kept elsewhere")
    parent = f"projects/{plan.project}/locations/{plan.location}/queues"
    document = {
        "queues": [_queue(f"{parent}/{each.name}", each) for each in plan.queues],
        "bindings": [
            {"resource": f"{parent}/{each.name}", "role": role, "member": who}
            for each in plan.queues
            for role, who in _roles(plan, each)
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _queue(name: str, queue: QueueDefinition) -> dict[str, object]:
    # -1 is for ever; a pull queue without a limit leased a task as often as it took.
    attempts = -1 if queue.task_retry_limit is None else queue.task_retry_limit
    return {"name": name, "retryConfig": {"maxAttempts": attempts}}


def _roles(plan: Plan, queue: QueueDefinition) -> Iterator[tuple[str, str]]:
    for email in queue.user_emails:
        plan.note(f"queue {queue.name!r}: {email} might lease; it may look at and delete tasks now")
        yield "roles/cloudtasks.viewer", member(email)
        yield "roles/cloudtasks.taskDeleter", member(email)
    for email in queue.writer_emails:
        yield "roles/cloudtasks.enqueuer", member(email)
