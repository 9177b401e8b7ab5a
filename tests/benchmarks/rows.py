"""The table: what is compared with what, and which ratio is asked for.

Rows without a floor are there to be known: other settings of the same, and what has no peer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Figure: TypeAlias = tuple[str, str]
"""A measurement, and one of its figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ratio, ours by theirs.

    Attributes:
        key: What ``--rows`` calls it.
        title: What the table calls it.
        ours: The numerator.
        theirs: The denominator.
        floor: The ratio below which it is a fault; None where none is asked for.
        goal: The ratio to be known for; None with no floor.
        unit: Of both figures.
        in_percent: Whether the ratio is shown so.
        less_is_better: Whether *floor* and *goal* are the most allowed, not the least.
    """

    key: str
    title: str
    ours: Figure
    theirs: Figure
    floor: float | None = None
    goal: float | None = None
    unit: str = "/s"
    in_percent: bool = False
    less_is_better: bool = False

    @property
    def measures(self) -> tuple[str, str]:
        """The measurements that it needs."""
        return self.ours[0], self.theirs[0]

    def meets(self, ratio: float, wanted: float) -> bool:
        """Whether *ratio* is as good as *wanted*."""
        return ratio <= wanted if self.less_is_better else ratio >= wanted


_INSERT = ("ours/insert", "rate")
_CONSUME = ("ours/lease 1 and delete", "rate")

ROWS = (
    Row(
        key="insert-azurite",
        title="durable insert vs Azurite",
        ours=_INSERT,
        theirs=("azurite/insert", "rate"),
        floor=15,
        goal=30,
    ),
    Row(
        key="insert-moto",
        title="durable insert vs moto's SQS",
        ours=_INSERT,
        theirs=("moto/insert", "rate"),
        floor=95,
        goal=180,
    ),
    Row(
        key="insert-pubsub",
        title="durable insert vs Pub/Sub emulator",
        ours=_INSERT,
        theirs=("pubsub/insert", "rate"),
        floor=2.5,
        goal=5,
    ),
    Row(
        key="consume-azurite",
        title="lease 1 + delete, tasks, vs Azurite",
        ours=_CONSUME,
        theirs=("azurite/lease 1 and delete", "rate"),
        floor=70,
        goal=150,
    ),
    Row(
        key="consume-pubsub",
        title="lease 1 + delete, tasks, vs Pub/Sub emulator",
        ours=_CONSUME,
        theirs=("pubsub/lease 1 and delete", "rate"),
        floor=6.5,
        goal=12,
    ),
    Row(
        key="lease-azurite",
        title="lease 100, tasks, vs Azurite's 32",
        ours=("ours/lease 100", "rate"),
        theirs=("azurite/lease 32", "rate"),
        floor=25,
        goal=60,
    ),
    Row(
        key="insert-nginx",
        title="durable insert vs nginx `return 200`",
        ours=_INSERT,
        theirs=("nginx/return 200", "rate"),
        floor=0.06,
        goal=0.12,
        in_percent=True,
    ),
    Row(
        key="insert-sqlite",
        title="durable insert over HTTP vs raw SQLite FULL in process",
        ours=_INSERT,
        theirs=("sqlite/insert", "rate"),
        floor=2.2,
        goal=5,
    ),
    Row(
        key="batch",
        title="100 inserts per batch call, tasks, vs single inserts",
        ours=("ours/insert in batches", "rate"),
        theirs=_INSERT,
        floor=4,
        goal=8,
    ),
    Row(
        key="backlog-order",
        title="lease 1, p50, large backlog vs 1,000",
        ours=("ours/lease from many", "p50"),
        theirs=("ours/lease from few", "p50"),
        floor=1.3,
        goal=1.1,
        unit=" us",
        less_is_better=True,
    ),
    Row(
        key="backlog-tag",
        title="lease 1 by tag, p50, large backlog vs 1,000",
        ours=("ours/lease from many", "tag_p50"),
        theirs=("ours/lease from few", "tag_p50"),
        floor=1.3,
        goal=1.1,
        unit=" us",
        less_is_better=True,
    ),
    Row(
        key="insert-beanstalkd",
        title="durable insert vs beanstalkd -f0",
        ours=_INSERT,
        theirs=("beanstalkd/put", "rate"),
        floor=1,
        goal=2,
    ),
    Row(
        key="cpu-beanstalkd",
        title="server CPU per durable insert vs beanstalkd -f0",
        ours=("ours/insert", "cpu"),
        theirs=("beanstalkd/put", "cpu"),
        floor=3,
        goal=1.5,
        unit=" us",
        less_is_better=True,
    ),
    Row(
        key="one-connection",
        title="insert over one connection, p50, vs fdatasync p50",
        ours=("ours/insert, 1 connection", "p50"),
        theirs=("ours/insert, 1 connection", "flush"),
        floor=2.8,
        goal=1.6,
        unit=" us",
        less_is_better=True,
    ),
    Row(
        key="start",
        title="start to first answer vs Azurite",
        ours=("ours/start", "start"),
        theirs=("azurite/start", "start"),
        floor=0.5,
        goal=0.3,
        unit=" ms",
        less_is_better=True,
    ),
    Row(
        key="memory",
        title="idle memory vs Azurite",
        ours=("ours/start", "idle_bytes"),
        theirs=("azurite/start", "idle_bytes"),
        floor=0.8,
        goal=0.6,
        unit=" MiB",
        less_is_better=True,
    ),
    Row(
        key="tokens",
        title="durable insert with --auth tokens vs open",
        ours=("ours-tokens/insert in turns", "rate"),
        theirs=("ours-tokens/insert in turns", "bare_rate"),
        floor=0.9,
        goal=0.95,
    ),
    Row(
        key="journal",
        title="durable insert with the journal of --control vs without",
        ours=("ours-journal/insert in turns", "rate"),
        theirs=("ours-journal/insert in turns", "bare_rate"),
        floor=0.95,
        goal=0.98,
    ),
    Row(
        key="journal-cpu",
        title="server CPU per durable insert with the journal of --control vs without",
        ours=("ours-journal/insert in turns", "cpu"),
        theirs=("ours-journal/insert in turns", "bare_cpu"),
        floor=1.05,
        goal=1.03,
        unit=" us",
        less_is_better=True,
    ),
    Row(
        key="tail",
        title="insert at 16 connections, p99 vs p50",
        ours=("ours/insert, 16 connections", "p99"),
        theirs=("ours/insert, 16 connections", "p50"),
        floor=6,
        goal=4,
        unit=" us",
        less_is_better=True,
    ),
    Row(
        key="client-insert",
        title="client's CPU per insert vs google-api-python-client",
        ours=("client/insert in turns", "tqsdk"),
        theirs=("client/insert in turns", "google"),
        floor=1,
        goal=0.6,
        unit=" us",
        less_is_better=True,
    ),
    Row(
        key="client-insert-many",
        title="insert_many, tasks, vs inserts on 8 threads of google-api-python-client",
        ours=("client/insert_many", "rate"),
        theirs=("client/google's inserts on 8 threads", "rate"),
        floor=4,
        goal=10,
    ),
    Row(
        key="client-memory",
        title="most memory of a program with insert_many, after six times as long vs before",
        ours=("client/memory of insert_many", "many_bytes"),
        theirs=("client/memory of insert_many", "few_bytes"),
        floor=1.2,
        goal=1.1,
        unit=" MiB",
        less_is_better=True,
    ),
    Row(
        key="move",
        title="tasks moved from server to server, vs insert_many",
        ours=("client/move", "rate"),
        theirs=("client/insert_many", "rate"),
    ),
    Row(
        key="move-postgres",
        title="tasks moved from a file to PostgreSQL, vs from server to server",
        ours=("client/move to PostgreSQL", "rate"),
        theirs=("client/move", "rate"),
    ),
    Row(
        key="move-pubsub",
        title="tasks moved from a file to Pub/Sub's emulator, vs from server to server",
        ours=("client/move to Pub/Sub", "rate"),
        theirs=("client/move", "rate"),
    ),
    Row(
        key="batch-one-connection",
        title="100 inserts per batch call, tasks, vs single inserts, over one connection",
        ours=("ours/insert in batches, 1 connection", "rate"),
        theirs=("ours/insert, 1 connection", "rate"),
    ),
    Row(
        key="insert-azurite-defaults",
        title="durable insert vs Azurite's defaults",
        ours=_INSERT,
        theirs=("azurite-defaults/insert", "rate"),
    ),
    Row(
        key="insert-nginx-defaults",
        title="durable insert vs nginx's defaults",
        ours=_INSERT,
        theirs=("nginx-defaults/return 200", "rate"),
        in_percent=True,
    ),
    Row(
        key="insert-beanstalkd-defaults",
        title="durable insert vs beanstalkd's defaults, which keep nothing on disk",
        ours=_INSERT,
        theirs=("beanstalkd-defaults/put", "rate"),
    ),
    Row(
        key="backlog-idle-memory",
        title="idle memory, large backlog vs 1,000",
        ours=("ours/lease from many", "idle_bytes"),
        theirs=("ours/lease from few", "idle_bytes"),
        unit=" MiB",
        less_is_better=True,
    ),
    Row(
        key="backlog-used-memory",
        title="memory after leases, large backlog vs 1,000",
        ours=("ours/lease from many", "used_bytes"),
        theirs=("ours/lease from few", "used_bytes"),
        unit=" MiB",
        less_is_better=True,
    ),
    Row(
        key="peak",
        title="store's files after a second equal peak vs after the first",
        ours=("ours/peak twice", "second_bytes"),
        theirs=("ours/peak twice", "first_bytes"),
        unit=" MiB",
        less_is_better=True,
    ),
    Row(
        key="fixture-thread",
        title="running() in a thread, first time and import included, vs tq-emulator serve",
        ours=("ours/start in a thread of a test", "first"),
        theirs=("ours/start", "start"),
        unit=" ms",
        less_is_better=True,
    ),
    Row(
        key="fixture-thread-again",
        title="running() in a thread, any other time, vs tq-emulator serve",
        ours=("ours/start in a thread of a test", "again"),
        theirs=("ours/start", "start"),
        unit=" ms",
        less_is_better=True,
    ),
    Row(
        key="fixture-process",
        title="running() in a process vs tq-emulator serve",
        ours=("ours/start in a process for a test", "again"),
        theirs=("ours/start", "start"),
        unit=" ms",
        less_is_better=True,
    ),
)
