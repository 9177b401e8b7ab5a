"""Makes what a topic needs so that nothing which is published there is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tqsdk.migrate.moving.model import MoveError
from tqsdk.migrate.moving.options import Options
from tqsdk.migrate.pubsub.messages import TAG
from tqsdk.migrate.pubsub.service import ALREADY_EXISTS, NOT_FOUND, CallError, Service

ACK_SECONDS = (10, 600)
_ATTEMPTS = (5, 100)
_MOST_FILTER_BYTES = 256
_RETAIN_DAYS = (1, 31)  # tasks were kept for 30; the emulator takes no more than 7

_NAME = re.compile(
    r"projects/([^/]+)/(topics|subscriptions)/((?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254})"
)

OPTIONS = {"create", "tag", "attempts", "ack-seconds", "retain-days", "order-by"}


@dataclass(frozen=True, slots=True)
class Name:
    """The full name of a topic or a subscription."""

    project: str
    kind: str
    id: str

    @classmethod
    def of(cls, text: str, kind: str) -> Name:
        """Raises MoveError if *text* is no name of that *kind*."""
        found = _NAME.fullmatch(text)
        if found is None or found[2] != kind:
            raise MoveError(
                f"{text!r} is no name such as projects/PROJECT/{kind}/ID; an id has 3 to 255 of"
                " A-Z a-z 0-9 - . _ ~ + %, begins with a letter, and not with goog"
            )
        return cls(found[1], found[2], found[3])

    def __str__(self) -> str:
        return f"projects/{self.project}/{self.kind}/{self.id}"

    def sibling(self, kind: str, id: str) -> Name:
        return Name.of(f"projects/{self.project}/{kind}/{id}", kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is to be there.

    Attributes:
        topic: Where is published.
        subscription: The one to make, or the beginning of the names of several; None is to make
            nothing.
        tags: Those that get a subscription of their own, "" for the untagged; all other messages
            go to one more.
        attempts: How often a message is delivered before it goes to the dead-letter topic; None is
            without end, and without that topic.
        ack_seconds: The acknowledgement deadline.
        retain_days: For how long messages that nobody acknowledges are kept.
        ordered: Whether the order of messages with the same tag is kept.
    """

    topic: Name
    subscription: Name | None
    tags: Sequence[str]
    attempts: int | None
    ack_seconds: int
    retain_days: int
    ordered: bool

    @classmethod
    def of(cls, topic: Name, options: Options) -> Setup:
        """What the options of an address want.

        Raises:
            MoveError: They make no sense.
        """
        create = options.one("create")
        order = options.one("order-by")
        if order not in (None, "tag"):
            raise MoveError(f"order-by is {order!r}, and can only be tag")
        made = cls(
            topic=topic,
            subscription=topic.sibling("subscriptions", create) if create is not None else None,
            tags=options.all("tag"),
            attempts=options.number("attempts", *_ATTEMPTS),
            ack_seconds=options.number("ack-seconds", *ACK_SECONDS) or ACK_SECONDS[1],
            retain_days=options.number("retain-days", *_RETAIN_DAYS) or _RETAIN_DAYS[1],
            ordered=order == "tag",
        )
        if made.subscription is None and (made.tags or made.attempts):
            raise MoveError("tag and attempts are about a subscription that is made: give create")
        made.subscriptions()  # or it fails when half is made
        return made

    def subscriptions(self) -> list[dict[str, Any]]:
        """Those to make, as Pub/Sub wants them.

        Raises:
            MoveError: Two tags make one name, or there are too many for a filter.
        """
        if self.subscription is None:
            return []
        filters = dict(self._filters(self.subscription.id))
        if self.tags and len(filters) <= len(self.tags):
            raise MoveError(f"subscriptions of the tags {', '.join(self.tags)} have one name")
        for id, filter in filters.items():
            if len(filter.encode()) > _MOST_FILTER_BYTES:
                raise MoveError(
                    f"the filter of {id} is longer than {_MOST_FILTER_BYTES} bytes: {filter}"
                )
        return [self._subscription(id, filter) for id, filter in filters.items()]

    def _filters(self, id: str) -> Iterator[tuple[str, str]]:
        if not self.tags:
            yield id, ""
            return
        for tag in self.tags:
            yield f"{id}-{_word(tag) or 'untagged'}", _has(tag)
        yield f"{id}-others", " AND ".join(_has(tag, no=True) for tag in self.tags)

    def _subscription(self, id: str, filter: str) -> dict[str, Any]:
        made: dict[str, Any] = {
            "name": str(self.topic.sibling("subscriptions", id)),
            "topic": str(self.topic),
            "ackDeadlineSeconds": self.ack_seconds,
            "messageRetentionDuration": self._retention,
            "expirationPolicy": {},
        }
        if filter:
            made["filter"] = filter
        if self.ordered:
            made["enableMessageOrdering"] = True
        if self.attempts is not None:
            made["deadLetterPolicy"] = {
                "deadLetterTopic": str(self._dead),
                "maxDeliveryAttempts": self.attempts,
            }
        return made

    @property
    def _retention(self) -> str:
        return f"{self.retain_days * 86_400}s"

    @property
    def _dead(self) -> Name:
        return self.topic.sibling("topics", f"{self.topic.id}-dead")

    def carry_out(self, service: Service) -> None:
        """Make what is not there.

        Raises:
            MoveError: Something is there already, and other than this wants it; or what is
                published to the topic would be lost.
        """
        if self.subscription is None:
            return _check(service, self.topic)
        _make(service, {"name": str(self.topic)})
        if self.attempts is not None:
            dead = self._dead
            _make(service, {"name": str(dead)})
            keeper = {"name": str(dead.sibling("subscriptions", dead.id)), "topic": str(dead)}
            _make(service, {**keeper, "messageRetentionDuration": self._retention})
        for each in self.subscriptions():
            _make(service, each)
        return None


def _make(service: Service, resource: dict[str, Any]) -> None:
    name = resource["name"]
    try:
        service.call("PUT", name, {key: resource[key] for key in resource if key != "name"})
    except CallError as error:
        if error.status != ALREADY_EXISTS:
            raise
    else:
        return
    found = service.call("GET", name)
    for key in ("topic", "filter", "enableMessageOrdering"):
        if found.get(key) != resource.get(key):
            raise MoveError(
                f"Pub/Sub: {name} is there already, with {key} {found.get(key)!r} and not"
                f" {resource.get(key)!r}: give another name with create"
            )


def _check(service: Service, topic: Name) -> None:
    hint = "have one made, with ?create=SUBSCRIPTION after the address"
    try:
        service.call("GET", str(topic))
    except CallError as error:
        if error.status == NOT_FOUND:
            raise MoveError(f"Pub/Sub: there is no {topic}: {hint}") from error
        raise
    if not service.call("GET", f"{topic}/subscriptions").get("subscriptions"):
        raise MoveError(f"Pub/Sub: {topic} has no subscription, and loses all messages: {hint}")


def _has(tag: str, *, no: bool = False) -> str:
    """The filter for a tag, or for all but it."""
    if not tag:
        return f"attributes:{TAG}" if no else f"NOT attributes:{TAG}"
    escaped = tag.replace("\\", "\\\\").replace('"', '\\"')
    return f'{"NOT " if no else ""}attributes.{TAG} = "{escaped}"'


def _word(tag: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", tag).strip("-")
