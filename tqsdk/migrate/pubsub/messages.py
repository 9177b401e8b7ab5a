"""A record as a message: the payload is its data, all else stands in attributes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from tqsdk.migrate.moving.model import MoveError, Record

NAME = "tq_name"
TAG = "tq_tag"  # untagged tasks have none
QUEUE = "tq_queue"
PROJECT = "tq_project"
ETA = "tq_eta"  # microseconds since 1970 UTC
ETA_GIVEN = "tq_eta_given"
ENQUEUED = "tq_enqueued"  # microseconds since 1970 UTC
RETRY_COUNT = "tq_retry_count"

MOST_BYTES = 10_000_000  # of a message, and of a call
_MOST_ATTRIBUTE_BYTES = 1024
_ENVELOPE_BYTES = 200  # more than a message has in JSON beside data and attributes


def attributes(record: Record) -> dict[str, str]:
    """What is known of a task beside its payload."""
    known = {
        NAME: record.name,
        TAG: record.tag or None,
        QUEUE: record.queue,
        PROJECT: record.project,
        ETA: record.eta,
        ETA_GIVEN: "yes" if record.eta_given else None,
        ENQUEUED: record.enqueued_at,
        RETRY_COUNT: record.retry_count,
    }
    return {key: str(value) for key, value in known.items() if value is not None}


def refusal(record: Record) -> str | None:
    """Why no message can be this record."""
    found = attributes(record)
    for key, value in found.items():
        if len(value.encode()) > _MOST_ATTRIBUTE_BYTES:
            return f"its {key.removeprefix('tq_')} is longer than {_MOST_ATTRIBUTE_BYTES} bytes"
    if _bytes_of(found) + len(record.payload) > MOST_BYTES:
        return f"it is larger than {MOST_BYTES:,} bytes, the most that a message may have"
    return None


def message(record: Record, *, ordered: bool) -> dict[str, Any]:
    """What is published.

    Args:
        record: The task.
        ordered: Whether messages with the same tag are to come in the order of their publishing.
    """
    made: dict[str, Any] = {
        "data": base64.b64encode(record.payload).decode(),
        "attributes": attributes(record),
    }
    if ordered and record.tag:
        made["orderingKey"] = record.tag
    return made


def call_bytes(message: Mapping[str, Any]) -> int:
    """How much room a message takes in a call, at most."""
    # Whatever is not ASCII takes up to twelve bytes in JSON, where UTF-8 has four.
    return len(message["data"]) + 3 * _bytes_of(message["attributes"]) + _ENVELOPE_BYTES


def record(received: Mapping[str, Any], *, project: str, queue: str) -> Record:
    """A message that was pulled, as a record.

    Args:
        received: As Pub/Sub gives it.
        project: For a message that says none, since others have published it too.
        queue: Likewise.

    Raises:
        MoveError: What should be a number in it is none.
    """
    found: Mapping[str, str] = received.get("attributes", {})
    id = received["messageId"]
    try:
        return Record(
            project=found.get(PROJECT, project),
            queue=found.get(QUEUE, queue),
            name=found.get(NAME) or f"message-{id}",
            payload=base64.b64decode(received.get("data", "")),
            tag=found.get(TAG, ""),
            eta=_number(found.get(ETA)),
            eta_given=found.get(ETA_GIVEN) == "yes",
            enqueued_at=_number(found.get(ENQUEUED)),
            retry_count=_number(found.get(RETRY_COUNT)) or 0,
        )
    except (ValueError, binascii.Error) as error:
        raise MoveError(
            f"Pub/Sub: message {id} has attributes that make no task: {error}"
        ) from error


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _bytes_of(attributes: Mapping[str, str]) -> int:
    return sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items())
