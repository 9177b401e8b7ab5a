"""Eight workers, one queue, and a clock that makes leases run out: no task is held twice."""

from __future__ import annotations

import random
import threading
from itertools import count

import pytest

from emulator.app import create_app
from emulator.engine.clock import MICROSECONDS, VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.errors import RefusedError
from emulator.engine.model import LeaseToken, QueueId
from emulator.storage.sqlite import open_sqlite
from emulator.testing.history import Kind, Operation, Stored, violations

QUEUE = QueueId("p", "q")
WORKERS = 8
TASKS = 10_000
LEASE = 30


class Workers:
    """Threads that lease, then delete, renew, release or forget, until the queue is empty."""

    def __init__(self, do, clock: VirtualClock) -> None:
        self.history: list[Operation] = []
        self._do = do
        self._clock = clock
        self._ticks = count()

    def run(self) -> None:
        threads = [threading.Thread(target=self._work, args=(n,)) for n in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
            assert not thread.is_alive()

    def _work(self, number: int) -> None:
        dice = random.Random(number)
        empty = 0
        while empty < 3:
            tasks = self._lease(number, dice.choice([1, 20, 100]))
            empty = 0 if tasks else empty + 1
            for task in tasks:
                self._settle(task, number, dice.random())
            self._clock.advance(dice.choice([0, 0, 1, LEASE]))

    def _lease(self, number: int, most: int):
        started = next(self._ticks)
        tasks = self._do.lease(most)
        for task in tasks:
            self._note(Kind.LEASE, task, started, number, LEASE)
        return tasks

    def _settle(self, task, number: int, chance: float) -> None:
        started = next(self._ticks)
        if chance < 0.7 and self._do.delete(task):
            self._note(Kind.DELETE, task, started, number)
        elif chance > 0.9:
            seconds = 0 if chance > 0.95 else LEASE
            renewed = self._do.renew(task, seconds)
            if renewed is not None:
                self._note(Kind.RENEW, renewed, started, number, seconds)

    def _note(self, kind: Kind, task, started: int, number: int, seconds: int = 0) -> None:
        self.history.append(
            Operation(
                kind=kind,
                task=task.name,
                started=started,
                ended=next(self._ticks),
                who=f"worker {number}",
                begins=task.eta - seconds * MICROSECONDS,
                ends=task.eta,
                retry_count=task.retry_count,
            )
        )


class InProcess:
    """The operations, asked of the engine itself."""

    def __init__(self, store, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    def lease(self, most: int):
        return self._store.run(self._engine.lease(QUEUE, count=most, seconds=LEASE))

    def delete(self, task) -> bool:
        return self._tried(self._engine.delete(QUEUE, task.name)) is not False

    def renew(self, task, seconds: int):
        token = LeaseToken(eta=task.eta, retry_count=task.retry_count)
        return (
            self._tried(self._engine.renew(QUEUE, task.name, seconds=seconds, token=token)) or None
        )

    def _tried(self, work):
        try:
            return self._store.run(work)
        except RefusedError:
            return False


@pytest.mark.parametrize("file", [True, False], ids=["file", "memory"])
def test_no_task_is_ever_held_by_two(tmp_path, file):
    clock = VirtualClock()
    engine = Engine(clock)
    store = open_sqlite(tmp_path / "t.db" if file else None, durability="normal")
    insert_tasks(store, engine)

    workers = Workers(InProcess(store, engine), clock)
    workers.run()
    left = store.run(engine.stats(QUEUE)).total_tasks
    stored = {
        task.name: Stored(task.eta, task.retry_count)
        for task in store.run(lambda tx: list(tx.first(QUEUE, limit=TASKS)))
    }
    store.close()

    assert violations(workers.history, stored) == []
    assert left == len(stored) == TASKS - len(deleted(workers.history))
    assert len({each.who for each in workers.history}) == WORKERS
    assert any(each.retry_count > 1 for each in workers.history)


def insert_tasks(store, engine: Engine) -> None:
    """All at once, and wait for the last."""
    done = threading.Semaphore(0)
    for number in range(TASKS):
        work = engine.insert(QUEUE, payload=b"x", name=f"t{number:05}")
        store.submit(work, lambda outcome: done.release())
        if number >= 1_000:
            assert done.acquire(timeout=30)
    for _ in range(1_000):
        assert done.acquire(timeout=30)


def deleted(history) -> set[str]:
    return {each.task for each in history if each.kind is Kind.DELETE}


def test_an_application_shared_by_threads_gives_each_task_once():
    app = create_app(clock=VirtualClock())
    path = "/taskqueue/v1beta2/projects/p/taskqueues/q/tasks"
    given: list[str] = []

    def work() -> None:
        client = app.test_client()
        for _ in range(25):
            client.post(path, json={"payloadBase64": ""})
            answer = client.post(f"{path}/lease?numTasks=2&leaseSecs=60").get_json()
            given.extend(task["id"] for task in answer.get("items", ()))

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    app.extensions["taskqueue"].store.close()

    assert len(given) == len(set(given)) == 25 * WORKERS
