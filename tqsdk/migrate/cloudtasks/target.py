"""Cloud Tasks as a target: each record becomes a request that the service will send."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from google.api_core.exceptions import AlreadyExists, InvalidArgument

from tqsdk.clock import Clock
from tqsdk.migrate.cloudtasks import claims, tasks
from tqsdk.migrate.cloudtasks.claims import Keep
from tqsdk.migrate.cloudtasks.service import told
from tqsdk.migrate.moving.model import STORED, THERE, MoveError, Outcome, Record, refused
from tqsdk.migrate.moving.mover import Pace
from tqsdk.migrate.moving.options import Options

# The reference of the method says 100 kB, the page of quotas 1 MB: take the one that surely works.
_TASK_BYTES = 100_000
_MOST_TASK_BYTES = 1_000_000

# As many as a queue sends at most. Faster would only pile up, and cost quota of others.
_PER_SECOND = 500

_AT_ONCE = 16  # calls

_QUEUE = re.compile(r"projects/([^/]+)/locations/[^/]+/queues/([A-Za-z0-9-]{1,100})")
_TASK = re.compile(r"[A-Za-z0-9_-]{1,500}")
_URL = re.compile(r"https?://[^/?#\s]+\S*")

_OPTIONS = {"url", "oidc", "claim-check", "max-bytes", "rate"}


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of Cloud Tasks.

    Attributes:
        name: In full.
    """

    name: str
    project: str
    id: str

    @classmethod
    def of(cls, text: str) -> Queue:
        """Raises MoveError if *text* is the name of none."""
        found = _QUEUE.fullmatch(text)
        if found is None:
            raise MoveError(
                f"{text!r} is no name such as projects/PROJECT/locations/REGION/queues/ID"
            )
        return cls(text, found[1], found[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How tasks are to be sent.

    Attributes:
        url: Where to.
        account: As whom, by OIDC; None is without a token.
        keep: Keeps payloads of tasks that are too large; None has these refused.
        most_bytes: How large a task may be.
        per_second: How many are created.
    """

    url: str
    account: str | None = None
    keep: Keep | None = None
    most_bytes: int = _TASK_BYTES
    per_second: int = _PER_SECOND

    @classmethod
    def of(cls, options: Options) -> Delivery:
        """Raises MoveError if an option makes no sense."""
        url = options.one("url")
        if url is None or not _URL.fullmatch(url):
            raise MoveError("say where tasks are to be sent: ?url=https://... after the address")
        claim_check = options.one("claim-check")
        return cls(
            url=url,
            account=options.one("oidc"),
            keep=None if claim_check is None else claims.keeper(claim_check),
            most_bytes=options.number("max-bytes", 1_000, _MOST_TASK_BYTES) or _TASK_BYTES,
            per_second=options.number("rate", 1, 100_000) or _PER_SECOND,
        )


class CloudTasksTarget:
    """Creates a task for each record, under its name.

    Args:
        client: Google's.
        queue: Where.
        delivery: How they are sent.
        clock: Says what is due, and keeps the rate.
    """

    knows_names = True

    def __init__(self, client: Any, queue: Queue, delivery: Delivery, clock: Clock) -> None:
        self._client = client
        self._queue = queue
        self._delivery = delivery
        self._clock = clock
        self._pace = Pace(delivery.per_second, clock)
        self._pool = ThreadPoolExecutor(_AT_ONCE)

    def refusal(self, record: Record) -> str | None:
        if record.name is None or not _TASK.fullmatch(record.name):
            return "its name is no id of a task: 1 to 500 of A-Z a-z 0-9 _ -"
        try:
            due = tasks.instant(record.eta or 0)
        except OverflowError:
            return "its ETA is beyond the year 9999"
        if due > self._clock.now() + tasks.FARTHEST:
            return f"its ETA is more than {tasks.FARTHEST.days} days ahead"
        if self._is_large(record) and self._delivery.keep is None:
            return (
                f"it is larger than {self._delivery.most_bytes:,} bytes: have such payloads kept"
                " elsewhere, with claim-check=FOLDER"
            )
        return None

    def resume(self, mark: str | None) -> None:
        with told():
            self._client.get_queue(name=self._queue.name)

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        self._pace.wait(len(records))
        with told():
            return list(self._pool.map(self._create, records))

    def mark(self) -> str | None:
        return None

    def finish(self) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        self._pool.shutdown()
        self._client.transport.close()

    def _create(self, record: Record) -> Outcome:
        reason = self.refusal(record)
        if reason is not None:
            return refused(reason)
        made = tasks.task(
            record,
            queue=self._queue.name,
            url=self._delivery.url,
            account=self._delivery.account,
            claim=self._claim(record),
            now=self._clock.now(),
        )
        try:
            self._client.create_task(parent=self._queue.name, task=made)
        except AlreadyExists:
            return THERE
        except InvalidArgument as error:
            return refused(f"Cloud Tasks: {error.message}")
        return STORED

    def _claim(self, record: Record) -> str | None:
        keep = self._delivery.keep
        if keep is None or not self._is_large(record):
            return None
        return keep(record.name or "", record.payload)

    def _is_large(self, record: Record) -> bool:
        size = tasks.size(record, queue=self._queue.name, url=self._delivery.url)
        return size > self._delivery.most_bytes


def target(address: str, client: Any, clock: Clock) -> CloudTasksTarget:
    """What ``cloudtasks:projects/PROJECT/locations/REGION/queues/ID?url=...`` names.

    Raises:
        MoveError: It names nothing.
    """
    bare, options = Options.of(address, _OPTIONS)
    queue = Queue.of(bare.removeprefix("cloudtasks:"))
    return CloudTasksTarget(client, queue, Delivery.of(options), clock)
