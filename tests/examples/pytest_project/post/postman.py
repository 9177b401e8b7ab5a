"""Who delivers letters: a worker, with tqsdk."""

from __future__ import annotations

from collections.abc import Callable

from tqsdk import Client, Lease

ROUND_SECONDS = 600
MOST_TRIES = 3


class Postman:
    """Takes letters on a round, and brings back those whose recipient is not at home."""

    def __init__(self, client: Client, deliver: Callable[[str, str], bool]) -> None:
        self._letters = client.queue("letters")
        self._lost_property = client.queue("undeliverable")
        self._deliver = deliver

    def round(self, *, most: int = 10, express: bool = False) -> int:
        """Deliver up to *most* letters; returns how many reached their recipient."""
        tag = {"tag": "express", "group_by_tag": True} if express else {}
        with self._letters.lease(max_tasks=most, seconds=ROUND_SECONDS, **tag) as leases:
            return sum(self._handle(each) for each in leases)

    def _handle(self, lease: Lease) -> bool:
        letter = lease.json()
        if self._deliver(letter["to"], letter["text"]):
            lease.delete()
            return True
        if lease.retry_count >= MOST_TRIES:
            self._lost_property.insert(lease.payload)
            lease.delete()
        else:
            lease.release()
        return False
