"""Generated conversations with the emulator, whose answers must be right in form whatever is asked.

A failure prints the conversation, and a line ``@reproduce_failure`` that brings it back.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings

from discovery.contract import VERSIONS, load
from emulator.engine.clock import VirtualClock
from emulator.engine.model import QueueId
from emulator.service import Service, open_service
from tests.generated.answers import Seen, judged
from tests.generated.generator import Conversation, Step, conversations, opening, steps
from tests.generated.socket_front import SocketFront, a_server
from tests.wire.fronts import FRONTS, Front, Got, Sent

# The reasons in API.md section 8 and RULINGS 12 that a server without --auth can have, but for
# those of a server in trouble.
REASONS = {
    "forbidden",  # a foreign host or origin; a bare project under strict limits
    "invalid",
    "invalidParameter",
    "notFound",
    "parseError",
    "required",
    "unsupportedMediaType",
    "uploadTooLarge",
}
METHODS = {f"{version} {id}" for version in VERSIONS for id in load(version).methods}

_short = settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
_long = settings(_short, derandomize=False, database=None, print_blob=True)


@_short
@given(conversations(most=12))
def test_both_fronts_answer_anything_alike_and_in_a_documented_form(conversation):
    converse(conversation)


def test_a_server_answers_anything_in_a_documented_form():
    with a_server() as front:
        assert send_many(front, _short, requests=400).total() >= 400


@pytest.mark.soak
def test_20_000_generated_requests_reach_every_method_and_every_refusal():
    tally: Counter[Seen] = Counter()
    sent = Progress(every=2_000)

    @settings(_long, max_examples=2_500)
    @given(conversations(most=24))
    def many(conversation):
        tally.update(converse(conversation))
        sent.add(len(conversation.steps))

    many()
    print(table(tally))

    assert sent.count >= 20_000
    assert {seen.method for seen in tally if seen.status < 300} >= METHODS
    assert {seen.method for seen in tally if 400 <= seen.status < 500} >= METHODS
    assert {seen.reason for seen in tally if seen.reason} == REASONS


@pytest.mark.soak
def test_5_000_generated_requests_over_a_socket_are_all_answered():
    with a_server() as front:
        tally = send_many(front, _long, requests=5_000)

    print(table(tally))


def converse(conversation: Conversation) -> Counter[Seen]:
    """Hold *conversation* through each front with a server of its own, and judge the answers."""
    spoken = [*opening(), *conversation.steps]
    wsgi, loop = (answers(conversation, spoken, FRONTS[each]) for each in ("wsgi", "loop"))
    tally: Counter[Seen] = Counter()
    for step, one, other in zip(spoken, wsgi, loop, strict=True):
        try:
            assert one == other
            tally.update(judged(step.request, one))
        except AssertionError as error:
            error.add_note(f"request: {step.request!r:.3000}\nanswer: {one!r:.3000}")
            raise
    return tally


def answers(conversation: Conversation, spoken: list[Step], front: type) -> list[Got]:
    """What a new server says, its tasks accounted for in the end."""
    clock = VirtualClock()
    service = open_service(conversation.settings, clock=clock)
    opened = front(service)
    try:
        with counted_names():
            given = [say(step, opened, clock) for step in spoken]
        for project, queue in itertools.product(("p1", "example.com:p-2"), ("q1", "limited")):
            check_accounts(service, opened, QueueId(project, queue))
        return given
    finally:
        opened.close()
        service.store.close()


def say(step: Step, front: Front, clock: VirtualClock) -> Got:
    clock.advance(step.pause)
    return front.send(step.request.sent)


def check_accounts(service: Service, front: Front, queue: QueueId) -> None:
    """The figures of a queue, its list and what the store holds agree, and each task can be got."""
    path = f"/taskqueue/v1beta2/projects/s~{queue.project}/taskqueues/{queue.name}"
    figures = json.loads(front.send(Sent("GET", f"{path}?getStats=true")).body)
    items = json.loads(front.send(Sent("GET", f"{path}/tasks")).body).get("items", [])
    held = service.store.run(lambda tx: tx.first(queue, limit=10_000))

    assert figures["stats"]["totalTasks"] == len(held)
    assert [each["id"] for each in items] == [task.name for task in held[:100]]
    assert len({task.name for task in held}) == len(held)
    assert held == sorted(held, key=lambda task: (task.eta, task.name))
    assert all(front.send(Sent("GET", f"{path}/tasks/{task.name}")).status == 200 for task in held)


@contextmanager
def counted_names() -> Iterator[None]:
    """Names that a server makes are numbers, so that two servers make the same."""
    numbers = itertools.count(1)
    with (
        patch("secrets.token_hex", lambda size: f"{next(numbers):0{2 * size}x}"),
        patch("secrets.token_urlsafe", lambda size: f"{next(numbers):0{size}}"),
    ):
        yield


def send_many(front: SocketFront, chosen: settings, *, requests: int) -> Counter[Seen]:
    """Send single requests, one after another, to a server that lives on."""
    tally: Counter[Seen] = Counter()
    for step in opening():
        front.send(step.request.sent)

    @settings(chosen, max_examples=requests)
    @given(steps())
    def one(step):
        got = front.send(step.request.sent)
        tally.update(judged(step.request, got))

    one()
    return tally


class Progress:
    """Counts, and says now and then how far and how fast."""

    def __init__(self, *, every: int) -> None:
        self.count = 0
        self._every = every
        self._begun = time.monotonic()

    def add(self, count: int) -> None:
        before, self.count = self.count, self.count + count
        if before // self._every != self.count // self._every:
            rate = self.count / (time.monotonic() - self._begun)
            print(f"\n{self.count:,} requests, {rate:.0f} a second", end="", flush=True)


def table(tally: Counter[Seen]) -> str:
    """How often each method gave each status, a line for each method."""
    lines = [f"\n{tally.total():,} answers, parts of batches and openings counted too"]
    for method in sorted({seen.method for seen in tally}):
        row: Counter[str] = Counter()
        for seen, count in tally.items():
            if seen.method == method:
                row[" ".join(filter(None, [str(seen.status), seen.reason]))] += count
        figures = ", ".join(f"{name}: {count:,}" for name, count in sorted(row.items()))
        lines.append(f"{method:34} {figures}")
    return "\n".join(lines)
