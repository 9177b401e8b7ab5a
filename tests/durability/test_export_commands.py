"""``tq-emulator export`` and ``backup`` while a server has the store, and ``import`` before it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from urllib.request import urlopen

from discovery import jsonl
from tests.durability.load import insert
from tests.durability.process import ServerProcess, failed_run


def test_a_store_is_exported_and_backed_up_while_a_server_has_it(tmp_path):
    server = ServerProcess(tmp_path, "--control")
    post(f"{server.url}/_emulator/v1/clock/freeze")
    now = post(f"{server.url}/_emulator/v1/clock/advance?seconds=86400")["microseconds"]
    insert(server.port, "a")

    exported = run(tmp_path, "export")
    run(tmp_path, "backup", "copy.db")
    insert(server.port, "b")
    server.kill()

    clock, task = lines_in(exported)
    assert (clock.own, clock.factor, task.name) == (int(now), 0.0, "a")
    assert lines_in(run(tmp_path, "export", "--store", "sqlite:///copy.db")) == [clock, task]
    assert [line.name for line in lines_in(run(tmp_path, "export"))[1:]] == ["a", "b"]


def test_what_is_imported_is_served(tmp_path):
    Path(tmp_path, "by-hand.jsonl").write_text(
        '{"format": "taskqueue-jsonl", "version": 1, "project": "p", "queue": "q",'
        ' "trailer": false}\n{"name": "a", "payload": "hello", "tag": "red"}\n'
    )

    run(tmp_path, "import", "by-hand.jsonl")

    server = ServerProcess(tmp_path)
    with urlopen(f"{server.url}/taskqueue/v1beta2/projects/s~p/taskqueues/q/tasks/a") as answer:
        task = json.load(answer)
    server.kill()
    assert (task["id"], task["tag"], task["payloadBase64"]) == ("a", "red", "aGVsbG8=")


def post(url: str) -> dict[str, str]:
    with urlopen(url, data=b"", timeout=10) as answer:
        return json.load(answer)


def run(folder: Path, *arguments: str) -> str:
    done = failed_run(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines_in(content: str) -> list:
    return list(jsonl.read(io.BytesIO(content.encode()))[1])
