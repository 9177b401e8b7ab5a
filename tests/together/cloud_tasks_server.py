"""The emulator of Cloud Tasks from PyPI, and what it leaves out of what the service documents.

As it is, it takes a name twice and a task of any size, and deletes none. What the service really
does there, this cannot show.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from tests.benchmarks.running import free_port
from tests.benchmarks.running import running as running_process

_ROOT = Path(__file__).parents[2]
_MOST_TASK_BYTES = 100_000


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The emulator for the block; its HOST:PORT."""
    port = free_port()
    run = f"from tests.together import cloud_tasks_server as it; it.serve({port})"
    # Google's libraries tell how long they will support this Python.
    command = ["env", f"PYTHONPATH={_ROOT}", sys.executable, "-W", "ignore", "-c", run]
    with running_process(command, folder=folder, port=port, answers=_answers):
        yield f"127.0.0.1:{port}"


def _answers(port: int) -> bool:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=0.2)
        except grpc.FutureTimeoutError:
            return False
    return True


def serve(port: int) -> None:
    """Run it, until it is killed."""
    from gcloud_tasks_emulator import server

    server.QueueState = _state(server)
    server.Greeter = _calls(server)
    server.create_server("127.0.0.1", port).run()


def _state(server: Any) -> type:
    from google.api_core.exceptions import AlreadyExists, InvalidArgument

    class State(server.QueueState):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self._taken: set[str] = set()
            self._deleted: set[str] = set()

        def create_task(self, queue: str, task: Any) -> Any:
            if task.name in self._taken:
                raise AlreadyExists("a task with this name is there, or was lately")
            if type(task).pb(task).ByteSize() > _MOST_TASK_BYTES:
                raise InvalidArgument("the task is too large")
            made = super().create_task(queue, task)
            self._taken.add(made.name)
            return made

        def list_tasks(self, queue: str) -> list[Any]:
            return [each for each in super().list_tasks(queue) if each.name not in self._deleted]

        def delete_task(self, name: str) -> None:
            # In a list of 100,000 it would take long to find; the queues of tests are paused.
            self._deleted.add(name)

    return State


def _calls(server: Any) -> type:
    from google.protobuf import empty_pb2

    class Calls(server.Greeter):
        def DeleteTask(self, request: Any, context: Any) -> Any:  # gRPC's name
            self._state.delete_task(request.name)
            return empty_pb2.Empty()

    return Calls
