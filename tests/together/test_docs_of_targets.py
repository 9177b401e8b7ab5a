"""The guides to other targets do what they say, against the real thing, in their order."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from queue import Queue

import pytest
from werkzeug.serving import make_server

import emulator
from tests.durability.process import environment
from tests.together import cloud_tasks_server, postgres_server, pubsub_server
from tests.together.test_tq_command import TQ
from tests.together.test_tq_examples import examples, pattern, typed
from tqsdk.migrate.cloudtasks.service import client

DOCS = Path(__file__).parents[2] / "docs"


def test_the_guide_to_postgresql(tmp_path):
    try:
        with postgres_server.running() as address:
            follow("migrate-postgres.md", tmp_path, DATABASE=address)
    except postgres_server.AbsentError as error:
        pytest.skip(str(error))


def test_the_guide_to_pubsub(tmp_path, tmp_path_factory):
    try:
        with pubsub_server.running(tmp_path_factory.mktemp("pubsub")) as host:
            follow("migrate-pubsub.md", tmp_path, PUBSUB_EMULATOR_HOST=host)
    except pubsub_server.AbsentError as error:
        pytest.skip(str(error))


def test_the_guide_to_cloud_tasks(tmp_path, tmp_path_factory, monkeypatch):
    done: Queue[tuple[str, str, int]] = Queue()
    with (
        cloud_tasks_server.running(tmp_path_factory.mktemp("cloudtasks")) as host,
        paused_queue(host, monkeypatch) as resume,
    ):
        programs("migrate-cloudtasks.md", tmp_path)
        worker = imported(tmp_path / "worker.py")
        worker.work = lambda name, tag, payload: done.put((name, tag, len(payload)))
        with handling(worker.app) as url:
            # Google's libraries tell how long they will support this Python.
            env = {"CLOUD_TASKS_EMULATOR_HOST": host, "WORKER": url, "PYTHONWARNINGS": "ignore"}
            follow("migrate-cloudtasks.md", tmp_path, **env)
            resume()
            found = {done.get(timeout=60) for _ in range(26)}

    assert ("large", "", 200_000) in found
    assert len({name for name, tag, size in found if tag == "number" and size <= 2}) == 25


def follow(page: str, folder: Path, **variables: str) -> None:
    """Type the commands of *page*; each must print what stands below it."""
    programs(page, folder)
    with emulator.running() as server:
        env = environment(
            TASKQUEUE_ENDPOINT=server.url,
            GOOGLE_CLOUD_PROJECT="my-app",
            PATH=os.pathsep.join(
                [str(TQ.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
            ),
            **variables,
        )
        exports = ""
        for command, shown in examples(DOCS / page):
            printed = typed(exports + command, folder, env, timeout=100)
            if command.startswith("export "):
                exports += f"{command}; "

            assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}"


def programs(page: str, folder: Path) -> None:
    """Write down those that *page* names."""
    text = (DOCS / page).read_text("utf-8")
    for name, program in re.findall(r"^```python\n# (\S+)\n(.*?)^```", text, re.M | re.S):
        (folder / name).write_text(program)


def imported(path: Path):
    spec = util.spec_from_file_location("worker_of_the_guide", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def handling(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/tasks"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def paused_queue(host: str, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    monkeypatch.setenv("CLOUD_TASKS_EMULATOR_HOST", host)
    tasks = client()
    location = "projects/my-app/locations/europe-west1"
    name = f"{location}/queues/mail"
    tasks.create_queue(parent=location, queue={"name": name})
    tasks.pause_queue(name=name)
    try:
        yield lambda: tasks.resume_queue(name=name)
    finally:
        tasks.transport.close()
