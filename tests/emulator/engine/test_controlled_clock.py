"""A clock that is moved: what it shows, and that it never goes back."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from emulator.engine.clock import LATEST, MICROSECONDS, ClockState, VirtualClock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.engine.errors import StoreFailedError, WrongTimeError
from emulator.engine.model import QueueId
from emulator.storage.sqlite import open_sqlite
from tests.emulator.storage.plain_store import PlainStore

QUEUE = QueueId("p", "q")
START = 1_800_000_000 * MICROSECONDS
SECOND = MICROSECONDS


@pytest.fixture
def base():
    return VirtualClock(START)


@pytest.fixture
def clock(base):
    return ControlledClock(base)


@pytest.fixture(params=["sqlite", "plain"])
def store(request):
    opened = {"sqlite": lambda: open_sqlite(None, durability="off"), "plain": PlainStore}
    store = opened[request.param]()
    yield store
    store.close()


def test_until_it_is_moved_it_is_the_other_clock(base, clock, store):
    base.advance(3)

    assert clock.now() == START + 3 * SECOND
    assert store.run(clock.read) == (START + 3 * SECOND, None)


def test_a_frozen_clock_stands_still_and_goes_on_at_any_speed(base, clock, store):
    base.advance(1)
    store.run(clock.freeze())
    base.advance(100)
    assert clock.now() == START + 1 * SECOND

    store.run(clock.scale(2.5))
    base.advance(10)

    assert clock.now() == START + 26 * SECOND
    store.run(clock.scale(0.5))
    base.advance(10)
    assert clock.now() == START + 31 * SECOND


def test_a_frozen_clock_can_be_moved_ahead(base, clock, store):
    store.run(clock.freeze())

    shown = store.run(clock.advance(7 * 86_400 * SECOND))

    base.advance(1)
    assert shown.now == clock.now() == START + 7 * 86_400 * SECOND


def test_an_advanced_clock_goes_on(base, clock, store):
    store.run(clock.advance(60 * SECOND))
    base.advance(1)
    store.run(clock.advance(60 * SECOND))
    base.advance(1)

    assert clock.now() == START + 122 * SECOND


def test_it_can_be_set_to_now_and_later_but_not_to_earlier(clock, store):
    store.run(clock.advance(SECOND))
    store.run(clock.set(START + SECOND))
    store.run(clock.set(START + 2 * SECOND))

    with pytest.raises(WrongTimeError) as caught:
        store.run(clock.set(START + 2 * SECOND - 1))

    assert (caught.value.now, clock.now()) == (START + 2 * SECOND, START + 2 * SECOND)


def test_it_ends_on_the_last_day_of_9999(base, clock, store):
    store.run(clock.set(LATEST))
    store.run(clock.scale(1_000_000))
    base.advance(1)

    assert clock.now() == LATEST
    with pytest.raises(WrongTimeError):
        store.run(clock.advance(1))
    with pytest.raises(WrongTimeError):
        store.run(clock.set(LATEST + 1))


@pytest.mark.parametrize(
    "touch",
    [
        lambda clock: [clock.advance(0)],
        lambda clock: [clock.scale(1)],
        lambda clock: [clock.freeze(), clock.scale(1)],
        lambda clock: [clock.auto_jump(1), clock.auto_jump(0)],
    ],
)
def test_a_clock_that_shows_the_other_time_anyway_is_not_kept(clock, store, touch):
    for work in touch(clock):
        store.run(work)

    assert store.run(lambda tx: tx.clock()) is None
    assert store.run(clock.read).state is None


def test_a_clock_that_only_may_jump_is_kept(clock, store):
    shown = store.run(clock.auto_jump(5 * SECOND))

    assert shown == (START, ClockState(base=START, own=START, auto_jump=5 * SECOND))
    assert store.run(lambda tx: tx.clock()) == shown.state


def test_a_unit_that_is_undone_and_run_again_moves_it_once(clock):
    store = open_sqlite(None, durability="off")
    runs = []

    def advance_and_fail_once(tx):
        reading = clock.advance(60 * SECOND)(tx)
        runs.append(reading.now)
        if len(runs) == 1:
            raise ZeroDivisionError
        return reading

    store.run(advance_and_fail_once)

    assert runs == [START + 60 * SECOND] * 2
    assert store.run(clock.read).now == clock.now() == START + 60 * SECOND
    store.close()


def test_a_unit_that_fails_has_not_moved_it(clock, store):
    def advance_and_fail(tx):
        clock.advance(60 * SECOND)(tx)
        raise ZeroDivisionError

    with pytest.raises(StoreFailedError):
        store.run(advance_and_fail)

    assert store.run(clock.read) == (START, None)


def test_units_behind_one_that_moves_the_clock_see_the_new_time(clock, store):
    task = store.run(
        lambda tx: (clock.advance(60 * SECOND)(tx), Engine(clock).insert(QUEUE, payload=b"")(tx))[1]
    )

    assert task.eta == START + 60 * SECOND


def test_reading_makes_a_new_clock_follow_the_store(base, clock, store):
    store.run(clock.advance(60 * SECOND))

    other = ControlledClock(base)
    assert other.now() == START
    store.run(other.read)

    assert other.now() == START + 60 * SECOND


def test_it_goes_back_only_by_forgetting(clock, store):
    store.run(clock.advance(60 * SECOND))
    store.run(lambda tx: tx.set_clock(None))
    assert clock.now() == START + 60 * SECOND

    clock.forget()

    assert clock.now() == START


def test_a_jump_is_not_behind_the_time_that_passed_while_it_was_looked_for(store):
    class Ticking:
        ticks = START

        def now(self):
            self.ticks += SECOND
            return self.ticks

    clock = ControlledClock(Ticking())
    store.run(clock.auto_jump(60 * SECOND))

    def look_and_jump(tx):
        now = clock.now_in(tx)
        task = Engine(VirtualClock()).insert(QUEUE, payload=b"", eta=now + 1)(tx)
        return task.eta, list(clock.jumps(tx, QUEUE, now=now, tag=None))

    eta, jumps = store.run(look_and_jump)

    assert jumps == [eta - 1 + SECOND]


def test_a_state_does_not_begin_before_it_began():
    state = ClockState(base=100, own=1_000, factor=2)

    assert [state.at(base) for base in (0, 99, 100, 101)] == [1_000, 1_000, 1_000, 1_002]


@pytest.mark.parametrize("factor", [1, 0, 60])
def test_it_goes_on_while_nobody_looks_and_not_back_if_the_other_was_set_back(factor, tmp_path):
    base = VirtualClock(START)
    clock = ControlledClock(base)
    store = open_sqlite(tmp_path / "t.db", durability="off")
    store.run(clock.advance(3_600 * SECOND))
    store.run(clock.scale(factor))
    base.advance(10)
    stored = store.run(Engine(clock).insert(QUEUE, payload=b"")).eta
    store.close()

    for restarted, expected in [(20, 3_600 + 20 * factor), (5, 3_600 + 10 * factor), (-9, None)]:
        clock = ControlledClock(VirtualClock(START + restarted * SECOND))
        store = open_sqlite(tmp_path / "t.db", durability="off", first=clock.read)
        store.close()
        if expected is not None:
            assert clock.now() == START + expected * SECOND
        assert clock.now() >= stored


class NeverBack(RuleBasedStateMachine):
    """Whatever is done to a clock and its store, no time that was shown comes again."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._base = VirtualClock(START)
        self._open()
        self._reset()

    def teardown(self) -> None:
        self._store.close()
        self._folder.cleanup()

    @rule(seconds=st.sampled_from([0, 0.000001, 0.3, 59, 100_000]))
    def time_passes(self, seconds):
        self._base.advance(seconds)

    @rule(factor=st.sampled_from([0, 1e-9, 0.3, 1, 1.5, 60, 1_000_000]))
    def scale(self, factor):
        self._move(self._clock.scale(factor))

    @rule(seconds=st.sampled_from([0, 1, 86_400, 10**9]))
    def advance(self, seconds):
        self._move(self._clock.advance(seconds * SECOND))

    @rule(ahead=st.integers(-(10**9), 10**9))
    def set(self, ahead):
        self._move(self._clock.set(self._clock.now() + ahead))

    @rule(seconds=st.sampled_from([0, 1, 10**6]))
    def auto_jump(self, seconds):
        self._move(self._clock.auto_jump(seconds * SECOND))

    @rule(ahead=st.sampled_from([0, 1, 3_600, 20 * 86_400]))
    def insert(self, ahead):
        eta = self._clock.now() + ahead * SECOND
        task = self._store.run(self._engine.insert(QUEUE, payload=b"", eta=eta))
        assert task.enqueued_at >= self._shown // SECOND * SECOND

    @rule(seconds=st.sampled_from([0, 30]))
    def lease(self, seconds):
        for task in self._store.run(self._engine.lease(QUEUE, count=9, seconds=seconds)):
            assert task.eta - seconds * SECOND >= self._shown

    @rule(seconds=st.sampled_from([0, 60]), factor=st.sampled_from([0, 7]))
    def a_unit_moves_it_and_fails(self, seconds, factor):
        def fail(tx):
            self._clock.advance(seconds * SECOND)(tx)
            self._clock.scale(factor)(tx)
            raise ZeroDivisionError

        with pytest.raises(StoreFailedError):
            self._store.run(fail)
        assert self._clock.now() >= self._told
        self._told = self._clock.now()

    @rule()
    def restart(self):
        self._store.close()
        self._open()

    @rule(back=st.sampled_from([1, 3_600, 10**6]))
    def restart_after_the_machine_was_set_back(self, back):
        self._store.run(self._engine.insert(QUEUE, payload=b""))
        virtual = self._store.run(self._clock.read).state is not None
        self._store.close()
        self._base = VirtualClock(self._base.now() - back * SECOND)
        self._open()
        if not virtual:
            self._shown = 0

    @rule()
    def reset(self):
        self._store.run(lambda tx: tx.set_clock(None))
        self._clock.forget()
        self._reset()

    @invariant()
    def no_time_comes_again(self):
        within, outside = self._store.run(self._clock.read).now, self._clock.now()
        assert within >= self._shown
        assert outside >= max(within, self._told)
        self._shown, self._told = within, outside

    def _move(self, work) -> None:
        try:
            shown = self._store.run(work).now
        except WrongTimeError:
            return
        assert shown >= self._shown

    def _open(self) -> None:
        self._told = 0
        self._clock = ControlledClock(self._base)
        self._engine = Engine(self._clock)
        self._store = open_sqlite(
            f"{self._folder.name}/t.db", durability="off", first=self._clock.read
        )

    def _reset(self) -> None:
        self._shown = self._told = 0


def test_whatever_is_done_it_never_goes_back():
    run_state_machine_as_test(
        NeverBack,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.soak
def test_whatever_is_done_it_never_goes_back_for_long():
    run_state_machine_as_test(
        NeverBack,
        settings=settings(
            max_examples=3_000,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        ),
    )
