"""A subscription as a source: messages are pulled, and acknowledged when they are safe."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tqsdk.clock import Clock
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.model import MOST_BATCH_BYTES, Batch, MoveError, Record
from tqsdk.migrate.moving.options import Options
from tqsdk.migrate.pubsub import messages
from tqsdk.migrate.pubsub.service import Service
from tqsdk.migrate.pubsub.setup import ACK_SECONDS, Name

_MOST_PER_BATCH = 500  # so that their ids are not too many for the ledger
_MOST_IDS = 1_000  # in one call
_PATIENCE = 5.0  # seconds without a message after which there is none: answers may be empty before
_PAUSE = 0.1  # seconds, after such an answer


class Subscription:
    """Pulls from one subscription.

    Args:
        service: Of which service.
        clock: Measures patience, and waits.
        name: Which.
        hold_seconds: For how long what was pulled is not given to anybody else.
        patience: For how many seconds to wait for a message; 0 is the usual time, and after a kill
            as long as what was pulled then may be held.

    Raises:
        MoveError: It cannot be pulled from; or *hold_seconds* is not what Pub/Sub takes.
    """

    def __init__(
        self,
        service: Service,
        name: Name,
        *,
        clock: Clock,
        hold_seconds: int | None,
        patience: float,
    ) -> None:
        low, high = ACK_SECONDS
        if hold_seconds is not None and not low <= hold_seconds <= high:
            raise MoveError(
                f"messages are held from {low} to {high} seconds, and not {hold_seconds}:"
                " give another --lease-seconds"
            )
        self.name: Name = name
        self._service = service
        self._clock = clock
        self._hold_seconds = hold_seconds or high
        self._patience = patience or _PATIENCE
        self._per_pull = 100
        found = service.call("GET", str(name))
        if found.get("pushConfig", {}).get("pushEndpoint"):
            raise MoveError(f"{name} pushes: nothing can be pulled from it until it does not")
        self.is_ordered: bool = found.get("enableMessageOrdering", False)
        self._topic: str = found.get("topic", "")
        # A run may die before it has said for how long it holds what it pulled.
        longest_hold = max(self._hold_seconds, int(found.get("ackDeadlineSeconds", 0)))
        # After a kill; in seconds.
        self.long_patience: float = patience or longest_hold + _PATIENCE

    def pulls(self, most: int, *, after_a_kill: bool = False) -> Iterator[list[dict[str, Any]]]:
        """What there is, at most *most* at once, until no more comes.

        Args:
            most: Messages.
            after_a_kill: Whether some may be held in the name of a run that was killed.
        """
        quiet_since = self._clock.monotonic()
        end = quiet_since + (self.long_patience if after_a_kill else 0)
        while self._clock.monotonic() < max(end, quiet_since + self._patience):
            received = self._pull(min(self._per_pull, most))
            if not received:
                self._clock.sleep(_PAUSE)
                continue
            # Base64 has four for three.
            size = sum(len(each["message"].get("data", "")) for each in received) * 3 // 4
            self._per_pull = max(MOST_BATCH_BYTES * len(received) // (size + 1), 1)
            self._modify(_ack_ids(received), self._hold_seconds)
            yield received
            quiet_since = self._clock.monotonic()

    def acknowledge(self, ids: Sequence[str]) -> None:
        for some in _some(ids):
            self._service.call("POST", f"{self.name}:acknowledge", {"ackIds": some})

    def give_back(self, ids: Sequence[str]) -> None:
        self._modify(ids, 0)

    def record(self, received: dict[str, Any]) -> Record:
        return messages.record(
            received["message"], project=self.name.project, queue=self._topic.rpartition("/")[2]
        )

    def close(self) -> None:
        self._service.close()

    def _pull(self, most: int) -> list[dict[str, Any]]:
        # A call that waits for messages, and is given up, may get some that nobody then knows of
        # until their hold is over. So none waits, though Google's guide would rather have it wait.
        body = {"maxMessages": most, "returnImmediately": True}
        answer = self._service.call("POST", f"{self.name}:pull", body)
        received: list[dict[str, Any]] = answer.get("receivedMessages", [])
        return received

    def _modify(self, ids: Sequence[str], seconds: int) -> None:
        for some in _some(ids):
            body = {"ackIds": some, "ackDeadlineSeconds": seconds}
            self._service.call("POST", f"{self.name}:modifyAckDeadline", body)


class PubSubSource:
    """Gives what a subscription has, and acknowledges it.

    What a killed run had pulled comes again by itself, up to ten minutes later, and is waited for.

    Args:
        subscription: Which.
        ledger: Knows whether there was a run before, and whether the batch that it had begun is
            safe.
        batch: How many are given at once, at most.
        note: Told what is waited for.
    """

    def __init__(
        self,
        subscription: Subscription,
        ledger: Ledger,
        *,
        batch: int,
        note: Callable[[str], None],
    ) -> None:
        self._subscription = subscription
        self._ledger = ledger
        self._batch = min(batch, _MOST_PER_BATCH)
        self._note = note
        self._safe: set[str] = set()
        self._kept: dict[str, str] = {}

    def batches(self, after: str | None) -> Iterator[Batch]:
        is_second = self._ledger.attempt is not None or not self._ledger.is_new
        self._ledger.attempt = "pull"
        if is_second:
            self._note(
                f"waiting for {self._subscription.long_patience:g} seconds, or --wait, for what the"
                " last run had pulled"
            )
        for received in self._subscription.pulls(self._batch, after_a_kill=is_second):
            new = self._sorted_out(received)
            if new:
                place = [[each["message"]["messageId"], each["ackId"]] for each in new]
                yield Batch([self._subscription.record(each) for each in new], json.dumps(place))

    def again(self, place: str) -> Batch:
        """No record: if they are safe they are only to be acknowledged, or else come again."""
        begun = self._ledger.begun()
        if begun is None or not begun.is_put:
            return Batch((), "[]")
        self._safe.update(id for id, _ in _places(place))
        return Batch((), place)

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        pulled = _places(batch.place)
        # A batch that is only to be acknowledged has no records.
        pairs = zip(pulled, batch.records, strict=False)
        kept = {id for (id, _), each in pairs if each.name in refused}
        self._kept.update((id, ack_id) for id, ack_id in pulled if id in kept)
        self._subscription.acknowledge([ack_id for id, ack_id in pulled if id not in kept])

    def finish(self) -> str | None:
        return "what others have pulled and not acknowledged cannot be seen, and is not moved"

    def total(self) -> int | None:
        return None

    def preview(self) -> Iterator[Record] | None:
        return None

    def close(self) -> None:
        try:
            self._subscription.give_back(list(self._kept.values()))
        finally:
            self._subscription.close()

    def _sorted_out(self, received: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those that were not given yet. The others come again because they were not heard of."""
        new: list[dict[str, Any]] = []
        safe: list[str] = []
        for each in received:
            id, ack_id = each["message"]["messageId"], each["ackId"]
            if id in self._safe:
                safe.append(ack_id)
            elif id in self._kept:
                self._kept[id] = ack_id
            else:
                new.append(each)
        self._subscription.acknowledge(safe)
        return new


def subscription(
    address: str, service: Service, *, clock: Clock, hold_seconds: int | None, patience: float
) -> Subscription:
    """What ``pubsub:projects/PROJECT/subscriptions/ID`` names; see ``Subscription``."""
    bare, _ = Options.of(address, ())
    name = Name.of(bare.removeprefix("pubsub:"), "subscriptions")
    return Subscription(service, name, clock=clock, hold_seconds=hold_seconds, patience=patience)


@contextmanager
def reading(subscription: Subscription) -> Generator[Iterator[Record]]:
    """All that there is; given back at the end.

    Raises:
        MoveError: The subscription has an order, and gives nothing before what was given is
            acknowledged.
    """
    if subscription.is_ordered:
        subscription.close()
        raise MoveError(
            f"{subscription.name} keeps an order, so that it cannot be read without being changed:"
            " read another subscription of its topic"
        )
    held: dict[str, str] = {}
    try:
        yield _read(subscription, held)
    finally:
        subscription.give_back(list(held.values()))
        subscription.close()


def _read(subscription: Subscription, held: dict[str, str]) -> Iterator[Record]:
    for received in subscription.pulls(_MOST_IDS):
        for each in received:
            id = each["message"]["messageId"]
            is_new = id not in held
            held[id] = each["ackId"]
            if is_new:
                yield subscription.record(each)


def _ack_ids(received: list[dict[str, Any]]) -> list[str]:
    return [each["ackId"] for each in received]


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _MOST_IDS):
        yield ids[start : start + _MOST_IDS]


def _places(place: str) -> list[tuple[str, str]]:
    try:
        return [(str(id), str(ack_id)) for id, ack_id in json.loads(place)]
    except (ValueError, TypeError) as error:
        raise MoveError("the ledger is of a move from elsewhere") from error
