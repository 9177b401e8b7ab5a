"""Pub/Sub as a target: publishes each record.

Nothing is refused for its name there. The ledger of the move knows which batches were published; of
the one that was on its way when a run was killed nobody knows, so its messages may come twice.
Workers tell by the attribute ``tq_name``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tqsdk.clock import Clock
from tqsdk.migrate.moving.files import FileTarget
from tqsdk.migrate.moving.model import STORED, MoveError, Outcome, Record, refused
from tqsdk.migrate.moving.options import Options
from tqsdk.migrate.pubsub import messages, setup
from tqsdk.migrate.pubsub.service import CallError, Service
from tqsdk.migrate.pubsub.setup import Name, Setup

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_MOST_PER_CALL = 1_000
_MOST_CALL_BYTES = 8_000_000  # with room to the limit: what is counted is not the bytes of the call

_INVALID = 400

_EARLY = (
    "it is not due yet, and Pub/Sub delivers at once: move it when it is due, or have such tasks"
    " kept back with hold-eta=FILE"
)

_OPTIONS = {*setup.OPTIONS, "hold-eta"}


class PubSubTarget:
    """Publishes to one topic.

    Args:
        service: Where.
        setup: What is made before anything is published.
        held: Takes the tasks that are not due yet; None has them refused.
        clock: Says what is due.
        note: Told what may have been published twice.
    """

    knows_names = False

    def __init__(
        self,
        service: Service,
        setup: Setup,
        *,
        held: FileTarget | None,
        clock: Clock,
        note: Callable[[str], None],
    ) -> None:
        self._service = service
        self._setup = setup
        self._held = held
        self._clock = clock
        self._note = note

    def refusal(self, record: Record) -> str | None:
        if self._held is None and not self._is_due(record):
            return _EARLY
        return messages.refusal(record)

    def resume(self, mark: str | None) -> None:
        self._setup.carry_out(self._service)
        if self._held is not None:
            self._held.resume(mark)

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        outcomes = [
            refused(reason) if (reason := self.refusal(record)) else None for record in records
        ]
        fit = [index for index, outcome in enumerate(outcomes) if outcome is None]
        due = [index for index in fit if self._is_due(records[index])]
        if again and due:
            self._note(f"{len(due):,} messages may be published twice: the last run was killed")
        made = [(i, messages.message(records[i], ordered=self._setup.ordered)) for i in due]
        for call in _calls(made):
            for index, outcome in self._publish(call):
                outcomes[index] = outcome
        early = [records[index] for index in fit if not self._is_due(records[index])]
        if early and self._held is not None:
            self._held.put(early, again=again)
        return [outcome or STORED for outcome in outcomes]

    def mark(self) -> str | None:
        return self._held.mark() if self._held is not None else None

    def finish(self) -> None:
        if self._held is not None and self._held.mark():
            self._held.finish()

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
        self._service.close()

    def _is_due(self, record: Record) -> bool:
        now = (self._clock.now() - _EPOCH) // _MICROSECOND
        return record.eta is None or record.eta <= now

    def _publish(self, made: Sequence[tuple[int, Any]]) -> Iterator[tuple[int, Outcome]]:
        """Publish; those that cannot be are found by halves, for a call is refused as a whole."""
        try:
            body = {"messages": [message for _, message in made]}
            self._service.call("POST", f"{self._setup.topic}:publish", body)
        except CallError as error:
            if error.status != _INVALID:
                raise
            if len(made) == 1:
                yield made[0][0], refused(str(error))
                return
            half = len(made) // 2
            yield from self._publish(made[:half])
            yield from self._publish(made[half:])
        else:
            yield from ((index, STORED) for index, _ in made)


def target(
    address: str, service: Service, *, clock: Clock, note: Callable[[str], None]
) -> PubSubTarget:
    """What ``pubsub:projects/PROJECT/topics/ID`` and the options after it name.

    Raises:
        MoveError: It names nothing.
    """
    bare, options = Options.of(address, _OPTIONS)
    wanted = Setup.of(Name.of(bare.removeprefix("pubsub:"), "topics"), options)
    file = options.one("hold-eta")
    if file == "":
        raise MoveError("hold-eta is empty, and must be the name of a file")
    held = FileTarget(Path(file), clock=clock) if file is not None else None
    return PubSubTarget(service, wanted, held=held, clock=clock, note=note)


def _calls(made: Sequence[tuple[int, Any]]) -> Iterator[list[tuple[int, Any]]]:
    """Cut into what one call may have."""
    call: list[tuple[int, Any]] = []
    size = 0
    for index, message in made:
        room = messages.call_bytes(message)
        if call and (len(call) == _MOST_PER_CALL or size + room > _MOST_CALL_BYTES):
            yield call
            call, size = [], 0
        call.append((index, message))
        size += room
    if call:
        yield call
