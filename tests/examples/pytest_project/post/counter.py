"""Where letters are handed in: a producer, with tqsdk."""

from __future__ import annotations

import json
from datetime import timedelta

from tqsdk import Client


def hand_in(
    client: Client, to: str, text: str, *, express: bool = False, after: timedelta | None = None
) -> str:
    """Accept a letter, to be delivered now or later; returns its number."""
    letter = json.dumps({"to": to, "text": text})
    tag = "express" if express else "ordinary"
    return client.queue("letters").insert(letter, tag=tag, eta=after).name


def hand_in_many(client: Client, to: list[str], text: str) -> int:
    """Accept the same letter for many; returns how many there were."""
    letters = (json.dumps({"to": each, "text": text}) for each in to)
    return client.queue("letters").insert_many(letters).stored
