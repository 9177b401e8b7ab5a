"""Plays a plan, and says what was lost and what was done twice.

Processes hear of a switch one after the other, as they do when it is made in earnest. A scene whose
next one would leave tasks behind goes on until it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from random import Random

from tqsdk.bulk import NewTask
from tqsdk.client import Client
from tqsdk.errors import ConfigError
from tqsdk.migrate.bridge import Bridge, Counters, Mode
from tqsdk.migrate.bridge.modes import hindrance
from tqsdk.migrate.rehearsal.plan import Scene
from tqsdk.migrate.rehearsal.players import Consumer, Player, Producer, Record
from tqsdk.migrate.rehearsal.stage import Server, SharedClock

_TICK = 2.0  # seconds
_LAG = 20.0  # seconds until the next process hears of a switch
_PATIENCE = 3600.0  # seconds that a queue may take to become empty

_PROJECT = "rehearsal"
_QUEUE = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays, and how ill the servers are.

    Attributes:
        producers: How many processes insert.
        consumers: How many work.
        per_second: Tasks that each producer inserts.
        faults: The probability that a call is refused before its work; and another time that its
            answer is lost after it.
        deadly: The probability that a consumer dies, each two seconds.
        seed: Of all that is left to chance.
    """

    producers: int = 2
    consumers: int = 4
    per_second: float = 0.2
    faults: float = 0.01
    deadly: float = 0.001
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it.

    Attributes:
        seconds: Of the shared time.
        stored: How many insertions were confirmed.
        worked: How many tasks were worked.
        lost: Names of tasks that were stored and never worked; the first hundred.
        lost_count: How many.
        doubled: Names of tasks that were worked more than once; the first hundred.
        doubled_count: How many.
        left_old: Tasks that the old queue has at the end.
        left_new: Likewise.
        faults: Calls that the servers spoiled.
        refused: Calls that failed all the same, after their repetitions.
        deaths: Of consumers.
        lost_leases: Leases that ended before the work did.
        counters: Those of all bridges.
    """

    seconds: float
    stored: int
    worked: int
    lost: list[str]
    lost_count: int
    doubled: list[str]
    doubled_count: int
    left_old: int
    left_new: int
    faults: int
    refused: int
    deaths: int
    lost_leases: int
    counters: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost."""
        return not self.lost_count

    def members(self) -> dict[str, object]:
        """As JSON."""
        return {"good": self.is_good, **asdict(self)}


def play(
    scenes: Sequence[Scene],
    cast: Cast,
    servers: tuple[Server, Server],
    *,
    tasks: Iterator[NewTask],
    step: Callable[[int], None] = lambda seconds: None,
) -> Outcome:
    """Play *scenes*.

    Args:
        scenes: See ``plan.read``.
        cast: Who plays.
        servers: Old and new. Their time stops, and they keep the faults until the end.
        tasks: What producers insert, each with a name of its own.
        step: Told how many seconds have passed.

    Raises:
        ConfigError: A queue does not become empty, so that the plan cannot go on.
    """
    theatre = _Theatre(cast, servers, tasks, step)
    try:
        for before, scene in zip([None, *scenes], scenes, strict=False):
            if before is None:
                theatre.begin(scene.mode)
            else:
                theatre.wait_for(before.mode, scene.mode)
            theatre.switch(scene)
        theatre.end()
        return theatre.outcome()
    finally:
        theatre.close()


class _Theatre:
    def __init__(
        self,
        cast: Cast,
        servers: tuple[Server, Server],
        tasks: Iterator[NewTask],
        step: Callable[[int], None],
    ) -> None:
        self._servers = servers
        self._step = step
        self._clock = SharedClock(*servers)
        self._clients = [
            Client(_PROJECT, endpoint=server.url, clock=self._clock) for server in servers
        ]
        self._old, self._new = (client.queue(_QUEUE) for client in self._clients)
        self._record = Record()
        self._counters = Counters()
        self._producers = [
            Producer(self._record, tasks, cast.per_second) for _ in range(cast.producers)
        ]
        self._consumers = [
            Consumer(self._record, self._clock, Random(f"{cast.seed}/{number}"), cast.deadly)
            for number in range(cast.consumers)
        ]
        for player in (*self._producers, *self._consumers):
            player.bridge = Bridge(
                self._old,
                self._new,
                mode=player.hear,
                compare_every=1,
                counters=self._counters,
            )
        for number, server in enumerate(servers):
            server.remove_faults()
            _make_ill(server, cast.faults, cast.seed + 2 * number)

    def begin(self, mode: Mode) -> None:
        for player in self._players():
            player.mode = mode

    def switch(self, scene: Scene) -> None:
        """Tell one process after the other, and let all play."""
        ends = self._clock.monotonic() + scene.seconds
        for player in self._players():
            player.mode = scene.mode
            self._go_on(min(_LAG, scene.seconds / (2 * len(self._players()))))
        self._go_on(ends - self._clock.monotonic())

    def wait_for(self, before: Mode, after: Mode) -> None:
        """Go on until the step from *before* to *after* is safe."""
        patience = self._clock.monotonic() + _PATIENCE
        while reason := self._hindrance(before, after):
            if self._clock.monotonic() > patience:
                raise ConfigError(f"{after.value} cannot follow {before.value}: {reason}")
            self._go_on(_LAG)

    def end(self) -> None:
        """Insert no more, and go on until all is worked."""
        patience = self._clock.monotonic() + _PATIENCE
        while self._is_at_work() and self._clock.monotonic() < patience:
            self._go_on(_LAG, inserts=False)

    def outcome(self) -> Outcome:
        hits = sum(server.hits() for server in self._servers)
        old, new = self._totals()
        record = self._record
        lost = sorted(record.stored - record.worked.keys())
        doubled = sorted(name for name, count in record.worked.items() if count > 1)
        return Outcome(
            seconds=self._clock.monotonic(),
            stored=len(record.stored),
            worked=len(record.worked),
            lost=lost[:100],
            lost_count=len(lost),
            doubled=doubled[:100],
            doubled_count=len(doubled),
            left_old=old,
            left_new=new,
            faults=hits,
            refused=record.refused,
            deaths=record.deaths,
            lost_leases=record.lost_leases,
            counters=self._counters.read(),
        )

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _go_on(self, seconds: float, *, inserts: bool = True) -> None:
        until = self._clock.monotonic() + seconds
        while (began := self._clock.monotonic()) < until:
            for producer in self._producers:
                producer.act(_TICK, inserts=inserts)
            for consumer in self._consumers:
                consumer.act()
            self._clock.advance(_TICK)
            self._step(round(self._clock.monotonic() - began))

    def _players(self) -> list[Player]:
        # Those that insert and those that work, mixed.
        return [
            *self._producers[::2],
            *self._consumers[::2],
            *self._consumers[1::2],
            *self._producers[1::2],
        ]

    def _hindrance(self, before: Mode, after: Mode) -> str | None:
        old, new = self._totals()
        return hindrance(before, after, old_tasks=old, new_tasks=new)

    def _totals(self) -> list[int]:
        return [server.total_tasks(_PROJECT, _QUEUE) for server in self._servers]

    def _is_at_work(self) -> bool:
        if not all(player.is_idle for player in (*self._producers, *self._consumers)):
            return True
        mode = self._consumers[0].mode
        old, new = self._totals()
        return bool(old * (mode is not Mode.NEW) or new * (mode is not Mode.OLD))


def _make_ill(server: Server, probability: float, seed: int) -> None:
    if not probability:
        return
    server.add_fault(probability=probability, seed=seed, status=503)
    server.add_fault(probability=probability, seed=seed + 1, when="after", answer="cut")
