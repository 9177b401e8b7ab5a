"""What a program can need of a pull queue, and which target lacks it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trait:
    """Something that a program relies on.

    Attributes:
        title: What it is.
        missing: By target: what takes its place. A target that is not there has it.
    """

    id: str
    title: str
    missing: dict[str, str]


TARGETS = ("tq", "pubsub", "cloudtasks", "postgres")

_NO_LEASE = "tasks are pushed to a URL; nothing can be leased"

_LIST = (
    Trait(
        "lease",
        "leasing",
        {"cloudtasks": _NO_LEASE},
    ),
    Trait(
        "lease-by-tag",
        "lease by tag",
        {
            "pubsub": "a filtered subscription for each tag, made beforehand",
            "cloudtasks": _NO_LEASE,
        },
    ),
    Trait(
        "group-by-tag",
        "lease by the oldest task's tag",
        {
            "pubsub": "an ordering key gives order, not groups: collect in the worker",
            "cloudtasks": _NO_LEASE,
        },
    ),
    Trait(
        "named",
        "names, and that none is stored twice",
        {"pubsub": "nothing is refused: put the name in an attribute, and let workers remember"},
    ),
    Trait(
        "eta",
        "ETA",
        {"pubsub": "no delay: hold the task back before publishing it"},
    ),
    Trait(
        "long-lease",
        "leases of more than 600 seconds",
        {
            "pubsub": "at most 600 seconds at a time: extend the deadline in the background",
            "cloudtasks": "a handler has 30 minutes at most",
        },
    ),
    Trait(
        "delete-without-lease",
        "deleting a task that is not held",
        {"pubsub": "only what was pulled can be acknowledged: keep a table of the cancelled"},
    ),
    Trait(
        "peek",
        "looking at tasks, by list, get or a lease of 0 seconds",
        {
            "pubsub": "nothing can be looked at: keep a table beside it",
            "cloudtasks": "list and get are there, but not by tag",
        },
    ),
    Trait(
        "retry-count",
        "how often a task was leased",
        {"pubsub": "counted only where there is a dead-letter policy"},
    ),
    Trait(
        "stats",
        "a queue's figures",
        {
            "pubsub": "Cloud Monitoring, minutes later",
            "cloudtasks": "Cloud Monitoring, minutes later",
        },
    ),
    Trait(
        "purge",
        "emptying a queue at once",
        {"tq": "lease and delete until nothing is left"},
    ),
    Trait(
        "transactional",
        "adding in a transaction of the datastore",
        {
            "tq": "an outbox beside the data",
            "pubsub": "an outbox beside the data",
            "cloudtasks": "an outbox beside the data",
        },
    ),
)

TRAITS = {each.id: each for each in _LIST}


def lacks(target: str) -> list[Trait]:
    """What *target* has no equal of."""
    return [each for each in _LIST if target in each.missing]


def table() -> str:
    """What is lacking, as docs/migrate.md has it."""
    rows = [
        f"| {trait.title} | {' | '.join(trait.missing.get(each, 'yes') for each in TARGETS)} |"
        for trait in _LIST
    ]
    heads = ["| a program needs | " + " | ".join(TARGETS) + " |", "|---|---|---|---|---|"]
    return "\n".join([*heads, *rows])
