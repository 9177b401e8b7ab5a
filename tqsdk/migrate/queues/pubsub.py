"""Pub/Sub: a topic and a subscription for each queue, as JSON, Terraform or a script of gcloud's.

A limit of leases becomes a dead-letter policy: there is no other way to have one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from discovery.queue_files import QueueDefinition
from tqsdk.migrate.queues.plan import Plan, member

_ACK_DEADLINE = 600  # seconds; the most there is
_RETENTION = 31 * 24 * 3600  # seconds; the most there is, and a day more than tasks were kept
_ATTEMPTS = range(5, 101)
_ID = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}")

_LACKS = (
    "Pub/Sub has no lease by tag, names, ETA, delete without holding, list or figures: "
    "`tq migrate scan --target pubsub` tells where they are used"
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """What takes the place of a queue.

    Attributes:
        id: Of the topic and of the subscription.
        attempts: How often a message is delivered before it is dead; None for ever.
    """

    id: str
    attempts: int | None
    users: tuple[str, ...]
    writers: tuple[str, ...]

    @property
    def dead(self) -> str:
        """The id of the topic for what was delivered too often."""
        return f"{self.id}-dead"

    def roles(self) -> Iterator[tuple[str, str, str]]:
        """Who may do what with which: (``topic`` or ``subscription``, role, member)."""
        for email in self.users:
            yield "subscription", "roles/pubsub.subscriber", member(email)
            yield "subscription", "roles/pubsub.viewer", member(email)
        for email in self.writers:
            yield "topic", "roles/pubsub.publisher", member(email)


def resources(plan: Plan) -> str:
    """The resources of Pub/Sub's REST API, and who may use them."""
    pairs = _pairs(plan)
    topics = [name for each in pairs for name in _topics(each)]
    document = {
        "topics": [{"name": f"projects/{plan.project}/topics/{each}"} for each in topics],
        "subscriptions": [_subscription(plan.project, each) for each in pairs],
        "bindings": [
            {
                "resource": f"projects/{plan.project}/{kind}s/{each.id}",
                "role": role,
                "member": who,
            }
            for each in pairs
            for kind, role, who in each.roles()
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def gcloud(plan: Plan) -> str:
    """A script for a shell."""
    lines = ["#!/bin/sh", "set -eu", f"PROJECT=${{PROJECT:-{quote(plan.project)}}}"]
    project = '--project="$PROJECT"'
    for each in _pairs(plan):
        lines.append("")
        lines += [f"gcloud pubsub topics create {topic} {project}" for topic in _topics(each)]
        options = [f"--topic={each.id}", f"--ack-deadline={_ACK_DEADLINE}"]
        options += [f"--message-retention-duration={_RETENTION}s", "--expiration-period=never"]
        if each.attempts is not None:
            options.append(f"--dead-letter-topic={each.dead}")
            options.append(f"--max-delivery-attempts={each.attempts}")
        lines.append(f"gcloud pubsub subscriptions create {each.id} {' '.join(options)} {project}")
        for kind, role, who in each.roles():
            lines.append(
                f"gcloud pubsub {kind}s add-iam-policy-binding {each.id} "
                f"--role={role} --member={quote(who)} {project}"
            )
    return "\n".join(lines) + "\n"


def terraform(plan: Plan) -> str:
    """A file of Terraform's."""
    blocks = [f'variable "project" {{\n  default = {_text(plan.project)}\n}}\n']
    for each in _pairs(plan):
        label = re.sub(r"[^A-Za-z0-9_-]", "_", each.id)
        for topic in _topics(each):
            name = "dead" if topic == each.dead else "topic"
            blocks.append(_block("google_pubsub_topic", f"{label}_{name}", {"name": f'"{topic}"'}))
        blocks.append(_terraform_subscription(each, label))
        for number, (kind, role, who) in enumerate(each.roles()):
            name = f"google_pubsub_{kind}"
            reference = f"{name}.{label}" if kind == "subscription" else f"{name}.{label}_topic"
            settings = {kind: f"{reference}.name", "role": _text(role), "member": _text(who)}
            blocks.append(_block(f"{name}_iam_member", f"{label}_{number}", settings))
    return "\n".join(blocks)


def _pairs(plan: Plan) -> list[_Pair]:
    plan.note(_LACKS)
    plan.note("a lease lasts at most 600 seconds; longer ones have to be extended on the way")
    return [_pair(plan, queue) for queue in plan.queues]


def _pair(plan: Plan, queue: QueueDefinition) -> _Pair:
    name = queue.name
    if not _ID.fullmatch(name):
        name = f"tq-{name}"
        plan.note(f"queue {queue.name!r}: no topic can be called so; it is {name!r}")
    attempts = queue.task_retry_limit
    if attempts is not None:
        nearest = min(max(attempts, _ATTEMPTS[0]), _ATTEMPTS[-1])
        if nearest != attempts:
            plan.note(
                f"queue {queue.name!r}: task_retry_limit {attempts} becomes {nearest}: "
                f"a dead-letter policy takes {_ATTEMPTS[0]} to {_ATTEMPTS[-1]}"
            )
        plan.note(
            f"queue {queue.name!r}: a task that was leased too often was deleted; a message goes "
            f"to the topic {name}-dead, to which Pub/Sub's own account must be allowed to publish, "
            "and is gone if that has no subscription"
        )
        attempts = nearest
    if queue.has_acl and not (queue.user_emails or queue.writer_emails):
        plan.note(f"queue {queue.name!r}: its acl names nobody; IAM inherits roles all the same")
    return _Pair(name, attempts, queue.user_emails, queue.writer_emails)


def _topics(pair: _Pair) -> list[str]:
    return [pair.id] if pair.attempts is None else [pair.id, pair.dead]


def _subscription(project: str, pair: _Pair) -> dict[str, object]:
    made: dict[str, object] = {
        "name": f"projects/{project}/subscriptions/{pair.id}",
        "topic": f"projects/{project}/topics/{pair.id}",
        "ackDeadlineSeconds": _ACK_DEADLINE,
        "messageRetentionDuration": f"{_RETENTION}s",
        "expirationPolicy": {},
    }
    if pair.attempts is not None:
        made["deadLetterPolicy"] = {
            "deadLetterTopic": f"projects/{project}/topics/{pair.dead}",
            "maxDeliveryAttempts": pair.attempts,
        }
    return made


def _terraform_subscription(pair: _Pair, label: str) -> str:
    lines = [
        f'resource "google_pubsub_subscription" "{label}" {{',
        "  project                    = var.project",
        f'  name                       = "{pair.id}"',
        f"  topic                      = google_pubsub_topic.{label}_topic.id",
        f"  ack_deadline_seconds       = {_ACK_DEADLINE}",
        f'  message_retention_duration = "{_RETENTION}s"',
        "",
        "  expiration_policy {",
        '    ttl = ""',
        "  }",
    ]
    if pair.attempts is not None:
        lines += [
            "",
            "  dead_letter_policy {",
            f"    dead_letter_topic     = google_pubsub_topic.{label}_dead.id",
            f"    max_delivery_attempts = {pair.attempts}",
            "  }",
        ]
    return "\n".join([*lines, "}", ""])


def _block(kind: str, label: str, settings: dict[str, str]) -> str:
    every = {"project": "var.project", **settings}
    width = max(map(len, every))
    lines = [f"  {name.ljust(width)} = {value}" for name, value in every.items()]
    return "\n".join([f'resource "{kind}" "{label}" {{', *lines, "}", ""])


def _text(text: str) -> str:
    """A text as Terraform has it, where ``${`` begins an expression."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
