"""Random histories: the engine over each store does as the model does, step by step."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from emulator.engine.clock import MICROSECONDS, VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.errors import RefusedError
from emulator.engine.model import LeaseToken, QueueId, QueueSettings
from emulator.engine.queues import QueueBook
from emulator.storage.sqlite import open_sqlite
from tests.emulator.engine.model import Model, Refused
from tests.emulator.storage.plain_store import PlainStore

START = 1_800_000_000
TOMBSTONE = 100
QUEUES = {"free": None, "twice": 2}

queues = st.sampled_from(sorted(QUEUES))
names = st.sampled_from(["a", "b", "B", "c-1", "_"])
tags = st.sampled_from(["", "red", "blå"])
lengths = st.sampled_from([0, 1, 5, 30])


class Histories(RuleBasedStateMachine):
    """Each rule does one thing to the engine and to the model, and compares what came back."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock(START * MICROSECONDS)
        book = QueueBook({name: QueueSettings(retry_limit=n) for name, n in QUEUES.items()})
        self.engine = Engine(self.clock, queues=book, tombstone_seconds=TOMBSTONE)
        self.models = {
            name: Model(retry_limit=limit, tombstone=TOMBSTONE) for name, limit in QUEUES.items()
        }
        self._set_models()
        self.store = self.open_store()

    def open_store(self):
        raise NotImplementedError

    def teardown(self) -> None:
        self.store.close()

    @rule(seconds=st.sampled_from([0, 1, 4, 5, 29, 61, 101, 3_700]))
    def advance(self, seconds):
        self.clock.advance(seconds)
        self._set_models()

    @rule(queue=queues, name=names, tag=tags, ahead=st.sampled_from([None, -5, 3, 31 * 86_400]))
    def insert(self, queue, name, tag, ahead):
        eta = 0 if ahead is None else self._now() + ahead
        self._compare(
            lambda: self._run(
                self.engine.insert(
                    QueueId("p", queue), payload=b"x", name=name, tag=tag, eta=eta * MICROSECONDS
                )
            ),
            lambda: self.models[queue].insert(name, tag, eta),
        )

    @rule(
        queue=queues,
        count=st.sampled_from([1, 2, 9]),
        seconds=lengths,
        tag=tags,
        group=st.booleans(),
        attempt=st.sampled_from([None, "i", "j"]),
    )
    def lease(self, queue, count, seconds, tag, group, attempt):
        asked = (count, seconds, tag, group)
        model = self.models[queue]
        self._compare(
            lambda: self._run(
                self.engine.lease(
                    QueueId("p", queue),
                    count=count,
                    seconds=seconds,
                    tag=tag,
                    group_by_tag=group,
                    attempt=attempt,
                )
            ),
            lambda: model.lease_once(attempt, *asked) if attempt else model.lease(*asked),
        )

    @rule(
        queue=queues,
        name=names,
        seconds=lengths,
        off_by=st.sampled_from([None, 0, 0, 0, 1]),
        count_off_by=st.sampled_from([None, 0, 0, 1]),
    )
    def renew(self, queue, name, seconds, off_by, count_off_by):
        known = next((t for t in self.models[queue].tasks if t.name == name), None)
        eta = None if off_by is None or known is None else known.eta + off_by
        count = None if count_off_by is None or known is None else known.retry_count + count_off_by
        token = LeaseToken(eta=None if eta is None else eta * MICROSECONDS, retry_count=count)
        self._compare(
            lambda: self._run(
                self.engine.renew(QueueId("p", queue), name, seconds=seconds, token=token)
            ),
            lambda: self.models[queue].renew(name, seconds, eta, count),
        )

    @rule(queue=queues, name=names)
    def delete(self, queue, name):
        self._compare(
            lambda: self._run(self.engine.delete(QueueId("p", queue), name)),
            lambda: self.models[queue].delete(name),
        )

    @rule(queue=queues, name=names)
    def get(self, queue, name):
        self._compare(
            lambda: self._run(self.engine.get(QueueId("p", queue), name)),
            lambda: self.models[queue].get(name),
        )

    @invariant()
    def listings_and_figures_agree(self):
        for name, model in self.models.items():
            queue = QueueId("p", name)
            stats = self._run(self.engine.stats(queue))

            assert _seen(self._run(self.engine.listing(queue))) == _seen(model.in_order(), 1)
            assert stats.total_tasks == len(model.tasks)
            oldest = min((task.eta for task in model.tasks), default=None)
            assert stats.oldest_eta == (None if oldest is None else oldest * MICROSECONDS)
            assert stats.leased_last_minute == model.leased_within(60)
            assert stats.leased_last_hour == model.leased_within(3_600)

    def _run(self, work):
        return self.store.run(work)

    def _now(self) -> int:
        return self.clock.now() // MICROSECONDS

    def _set_models(self) -> None:
        for model in self.models.values():
            model.now = self._now()

    def _compare(self, real, expected) -> None:
        assert _outcome(real) == _outcome(expected, 1)


class OverSqlite(Histories):
    """Over a file, which now and then is closed and opened again."""

    def open_store(self):
        self._folder = TemporaryDirectory()
        return self._open()

    @rule()
    def reopen(self):
        self.store.close()
        self.store = self._open()

    def teardown(self) -> None:
        super().teardown()
        self._folder.cleanup()

    def _open(self):
        return open_sqlite(f"{self._folder.name}/t.db", durability="off")


class OverPlainStore(Histories):
    """Over the reference store: what fails only here is the engine's fault, not SQLite's."""

    def open_store(self):
        return PlainStore()


def _outcome(step, scale: int = MICROSECONDS):
    try:
        value = step()
    except RefusedError as error:
        return error.code.name
    except Refused as error:
        return str(error)
    if value is None:
        return None
    return _seen(value if isinstance(value, list) else [value], scale)


def _seen(tasks, scale: int = MICROSECONDS):
    """What both sides know of a task, in seconds."""
    return [
        (
            task.name,
            task.tag,
            task.eta / scale,
            task.eta_given,
            task.enqueued_at / scale,
            task.retry_count,
        )
        for task in tasks
    ]


STORES = [OverSqlite, OverPlainStore]
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("machine", STORES)
def test_engine_and_store_do_as_the_model_does(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=QUIET,
        ),
    )


@pytest.mark.soak
@pytest.mark.parametrize("machine", STORES)
def test_engine_and_store_do_as_the_model_does_for_long(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=1_500,
            stateful_step_count=80,
            deadline=None,
            suppress_health_check=QUIET,
            print_blob=True,
        ),
    )
