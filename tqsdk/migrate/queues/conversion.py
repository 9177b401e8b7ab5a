"""From a queue file to the definition that a target wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike

from discovery.queue_files import read_queue_file
from tqsdk.migrate.queues import cloudtasks, postgres, pubsub, tq
from tqsdk.migrate.queues.plan import Plan


@dataclass(frozen=True, slots=True)
class Conversion:
    """What came of it.

    Attributes:
        text: The definition.
        notes: What has no equal, or is not quite the same; a line each.
    """

    text: str
    notes: tuple[str, ...]


_RENDER: Mapping[str, Callable[[Plan], str]] = {
    "tq": tq.queue_yaml,
    "pubsub": pubsub.resources,
    "cloudtasks": cloudtasks.resources,
    "postgres": postgres.statements,
    "terraform": pubsub.terraform,
    "gcloud": pubsub.gcloud,
}
TARGETS = tuple(_RENDER)


def convert(path: str | PathLike[str], to: str, *, project: str, location: str) -> Conversion:
    """The pull queues of a file, as *to* wants them.

    Args:
        path: A ``queue.yaml`` or ``queue.xml``.
        to: One of ``TARGETS``.
        project: Where the queues are to be.
        location: The region of Cloud Tasks' queues.

    Raises:
        QueueFileError: The file says something that no queue can be.
    """
    file = read_queue_file(path)
    plan = Plan(project, location, tuple(each for each in file.queues if each.mode == "pull"))
    for warning in file.warnings:
        plan.note(warning)
    for each in file.queues:
        if each.mode != "pull":
            plan.note(f"queue {each.name!r} is a push queue, which is another matter: left out")
    if file.total_storage_limit is not None:
        plan.total_storage_limit = file.total_storage_limit
        if to != "tq":
            plan.note("total_storage_limit: nothing limits what all queues together may hold")
    text = _RENDER[to](plan)
    return Conversion(text, tuple(plan.notes))
