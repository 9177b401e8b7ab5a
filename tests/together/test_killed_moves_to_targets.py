"""A move to PostgreSQL, Pub/Sub or Cloud Tasks and back, killed anywhere, loses nothing.

Nothing is doubled either, except in Pub/Sub and from there, where names say what came twice.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.together import cloud_tasks_server, postgres_server, pubsub_server
from tests.together.test_killed_moves import MOST_MEGABYTES, Mover
from tests.tqsdk.migrate.records import many_records, settings, write_file
from tqsdk.migrate.cloudtasks.service import client
from tqsdk.migrate.moving import addresses
from tqsdk.migrate.moving.comparison import compare

LOCATION = "projects/my-app/locations/europe-west1"

# Not in the small form: what a killed run had pulled comes again after ten seconds only.
HOLD = ["--lease-seconds", "10", "--wait", "15"]


@dataclass(frozen=True)
class There:
    """A place to move to, and back.

    Attributes:
        target: Its address, as a target, by a name that nobody has used.
        source: Likewise, as a source.
        modules: What both need.
        options: For the way back.
        knows_names: Whether nothing can be there twice.
        back_in_small: Whether the way back is killed in the small form too.
    """

    target: Callable[[str], str]
    source: Callable[[str], str]
    modules: list[str]
    options: list[str]
    knows_names: bool = True
    back_in_small: bool = True


def _modules(place: str) -> list[str]:
    return [f"tqsdk.migrate.{place}.{name}" for name in ("source", "target")]


@pytest.fixture(scope="module")
def postgres() -> Iterator[There]:
    try:
        with postgres_server.running() as address:
            place = f"{address}#{{}}".format
            yield There(place, place, _modules("postgres"), ["--mode", "drain"])
    except postgres_server.AbsentError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    try:
        with pubsub_server.running(tmp_path_factory.mktemp("pubsub")) as host:
            os.environ["PUBSUB_EMULATOR_HOST"] = host
            yield There(
                "pubsub:projects/my-app/topics/{0}?retain-days=7&ack-seconds=10&create={0}".format,
                "pubsub:projects/my-app/subscriptions/{}".format,
                _modules("pubsub"),
                HOLD,
                knows_names=False,
                back_in_small=False,
            )
            del os.environ["PUBSUB_EMULATOR_HOST"]
    except pubsub_server.AbsentError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def cloudtasks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    with cloud_tasks_server.running(tmp_path_factory.mktemp("cloudtasks")) as host:
        os.environ["CLOUD_TASKS_EMULATOR_HOST"] = host

        def queue(name: str) -> str:
            full = f"{LOCATION}/queues/{name}"
            tasks = client()
            with closing(tasks.transport):
                tasks.create_queue(parent=LOCATION, queue={"name": full})
                tasks.pause_queue(name=full)
            return f"cloudtasks:{full}?url=http://worker.example/&rate=100000"

        yield There(queue, f"cloudtasks:{LOCATION}/queues/{{}}".format, _modules("cloudtasks"), [])
        del os.environ["CLOUD_TASKS_EMULATOR_HOST"]


@pytest.fixture(params=["postgres", "pubsub", "cloudtasks"])
def there(request: pytest.FixtureRequest) -> There:
    place: There = request.getfixturevalue(request.param)
    return place


@pytest.fixture
def mover(there: There, tmp_path: Path) -> Iterator[Mover]:
    with closing(Mover(tmp_path, *there.modules)) as mover:
        yield mover


def test_a_few_kills_on_the_way_there_and_back_lose_nothing(there, mover, tmp_path):
    assert_survives(there, mover, tmp_path, tasks=120, batch=20, kills=4)


@pytest.mark.soak
def test_many_kills_lose_nothing_of_many_tasks(there, mover, tmp_path, request):
    # The emulator of Cloud Tasks lists a queue in one answer, again after each kill.
    tasks = 10_000 if "cloudtasks" in request.node.name else 100_000
    batch = tasks // 100

    assert_survives(there, mover, tmp_path, tasks=tasks, batch=batch, kills=20, is_small=False)

    print(f"{request.node.name}: {mover.megabytes:.0f} MB")
    if tasks == 100_000:
        assert mover.megabytes < MOST_MEGABYTES


def assert_survives(
    there: There,
    mover: Mover,
    folder: Path,
    *,
    tasks: int,
    batch: int,
    kills: int,
    is_small: bool = True,
) -> None:
    file = write_file(folder / "before.jsonl", list(many_records(tasks)))
    name = f"moved-{tasks}"
    few = write_file(folder / "few.jsonl", list(many_records(batch)))
    back = f"file:{folder / 'back.jsonl'}"

    def on_the_way_there(source: str, name: str) -> list[str]:
        return ["copy", source, there.target(name), "--batch", str(batch)]

    def on_the_way_back(name: str, target: str) -> list[str]:
        return ["copy", there.source(name), target, *there.options, "--batch", str(batch)]

    calls = mover(*on_the_way_there(few, f"few-{tasks}"))["calls"]
    survive(mover, on_the_way_there(file, name), calls, tasks=tasks, batch=batch, kills=kills)
    assert_same(file, there.source(name), there.knows_names)
    if is_small and not there.back_in_small:
        return
    calls = mover(*on_the_way_back(f"few-{tasks}", f"file:{folder / 'few'}"))["calls"]
    survive(mover, on_the_way_back(name, back), calls, tasks=tasks, batch=batch, kills=kills)
    assert_same(file, back, there.knows_names)


def survive(
    mover: Mover, arguments: list[str], calls: int, *, tasks: int, batch: int, kills: int
) -> None:
    """Run it, killed *kills* times, each time about where the next part of the tasks is moved.

    Args:
        calls: Of functions, for a move of one batch.
    """
    chance = random.Random(f"{arguments[1]} {tasks}")
    # Some of these were to begin and to end. Until it dies it may move several batches, or none.
    reach = calls // 4 * max(tasks // batch // kills, 2)
    for number in range(kills):
        done = mover(*arguments, calls=chance.randrange(calls // 2, calls // 2 + reach))
        assert done["code"] == -signal.SIGKILL, f"it was killed {number} times only: {done}"
    assert mover(*arguments)["code"] == 0


def assert_same(before: str, after: str, knows_names: bool) -> None:
    given = settings(wait=1.0)
    with (
        addresses.reading(before, given) as expected,
        addresses.reading(after, given) as found,
    ):
        comparison = compare(expected, found, across=True)
    differences = set(comparison.differences)
    assert differences <= (set() if knows_names else {"twice_in_b"}), comparison
