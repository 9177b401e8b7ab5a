"""The verification finds servers that break their promises, and says what it proved of others.

That it finds nothing wrong with ours is in ``tests/durability``.
"""

from __future__ import annotations

import io
import json
import re
import socket
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from emulator.cli import main
from emulator.testing import verify as verify_module
from emulator.testing.clients import AnswerError, Crew
from emulator.testing.history import Kind, Operation, Result
from emulator.testing.process import ServerProcess, ServerStartError
from emulator.testing.verdict import Verdict, summary, verdict_on, write_report
from emulator.testing.verify import verify

PAGE = Path(__file__).parents[3] / "docs/test-kit-verify.md"

SOME = {"seconds": 1, "kills": 1, "stored": 0, "taken": 0}


class Time:
    """A clock that stands still but for sleeps, and remembers them."""

    def __init__(self, during_sleep=lambda: None):
        self.now = 0.0
        self.slept = []
        self._during_sleep = during_sleep

    def sleep(self, seconds):
        self._during_sleep()
        self.slept.append(seconds)
        self.now += seconds

    def arguments(self):
        return {"clock": lambda: self.now, "sleep": self.sleep}


def test_a_server_that_forgets_at_a_kill_is_found(tmp_path):
    crew = Crew(clients=3, seed=0)
    time = Time(lambda: crew.wait_for(100))

    verdict = verify(
        crew, tmp_path, "--store", "sqlite://", seconds=1, kill_every=1, **time.arguments()
    )

    found = {re.sub(r"^[\d-]+: ", "", each) for each in verdict.violations}
    assert "lost; it is neither stored nor was it deleted" in found
    assert "deleted, and its name is no longer taken" in found
    assert next(iter(summary(verdict))).startswith(f"BROKEN {len(verdict.violations)} times")


def test_servers_live_as_long_as_was_asked_and_without_any_work_nothing_is_proven(tmp_path):
    time, told = Time(), []

    verdict = verify(
        Crew(clients=0, seed=0),
        tmp_path,
        seconds=5,
        kill_every=3,
        tell=told.append,
        **time.arguments(),
    )

    assert (time.slept, verdict.kills, len(told)) == ([3, 2], 2, 2)
    assert told[0] == "kill 1, after 3.0 of 5 s: 0 operations, 0 a second"
    assert verdict.violations == [
        "no operation was acknowledged, so nothing was proven: go on for longer"
    ]


def test_a_server_that_ends_by_itself_is_found(tmp_path, monkeypatch):
    servers = []

    class Watched(ServerProcess):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            servers.append(self)

    monkeypatch.setattr(verify_module, "ServerProcess", Watched)
    crew = Crew(clients=1, seed=0)

    def end():
        crew.wait_for(1)
        servers[0].kill()

    verdict = verify(crew, tmp_path, seconds=1, kill_every=1, **Time(end).arguments())

    assert verdict.violations == ["the server ended by itself, with -9"]


def test_a_server_that_answers_nonsense_ends_it():
    crew = Crew(clients=1, seed=0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        crew.start(listener.getsockname()[1])
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!")
            crew.wait_for(1_000)

            with pytest.raises(AnswerError, match="JSONDecodeError"):
                crew.join()


def test_a_server_that_does_not_start_says_why(tmp_path):
    with pytest.raises(ServerStartError, match=r"^cannot open nowhere/t\.db"):
        ServerProcess(tmp_path, "--store", "sqlite:///nowhere/t.db")


def test_a_report_has_a_line_for_each_operation_in_order():
    later = Operation(kind=Kind.LEASE, task="t", started=2, ended=3, begins=5, ends=9)
    insert = Operation(kind=Kind.INSERT, task="t", started=1, ended=4, result=Result.UNKNOWN)
    file = io.StringIO()

    write_report([later, insert], file)

    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line["kind"] for line in lines] == ["insert", "lease"]
    assert [line["result"] for line in lines] == ["unknown", "done"]
    assert Operation(**{**lines[1], "kind": Kind("lease"), "result": Result("done")}) == later


def test_what_was_done_is_counted():
    history = [
        an_operation(Kind.INSERT, begins=7),
        an_operation(Kind.INSERT),
        an_operation(Kind.INSERT, result=Result.UNKNOWN),
        an_operation(Kind.LEASE, retry_count=1),
        an_operation(Kind.LEASE, retry_count=2),
        an_operation(Kind.RENEW, result=Result.REFUSED),
    ]

    verdict = verdict_on(history, [], **SOME)

    assert verdict.done == {Kind.INSERT: 2, Kind.LEASE: 2}
    assert (verdict.scheduled, verdict.again, verdict.refused, verdict.unanswered) == (1, 1, 1, 1)
    assert verdict.violations == []


@pytest.mark.parametrize(("violations", "code"), [([], 0), (["t: lost"], 1)])
def test_the_exit_code_is_the_verdict_and_every_broken_promise_is_a_line(
    monkeypatch, violations, code
):
    history = [an_operation(Kind.INSERT)]
    monkeypatch.setattr(
        verify_module, "verify", lambda *_, **__: verdict_on(history, violations, **SOME)
    )

    run = CliRunner().invoke(main, ["verify"])

    assert run.exit_code == code
    assert run.stdout.startswith("BROKEN 1 times: 1 ack" if violations else "PROVEN: 1 ack")
    assert ("t: lost" in run.stdout.splitlines()) == bool(violations)


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("sqlite://", "in memory"),
        ("redis://", "use sqlite:///FILE"),
        ("sqlite:///{folder}/there.db", "is there already"),
    ],
)
def test_a_store_that_cannot_be_verified_is_one_line(tmp_path, store, words):
    (tmp_path / "there.db").touch()

    run = CliRunner().invoke(main, ["verify", "--store", store.format(folder=tmp_path)])

    assert (run.exit_code, run.stdout) == (2, "")
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def test_the_docs_show_what_is_printed():
    figures = [
        [float(each.replace(",", "")) for each in re.findall(r"\d[\d,.]*(?<=\d)", line)]
        for line in PAGE.read_text().partition("PROVEN")[2].partition("```")[0].splitlines()
    ]
    (_, seconds, kills), (inserts, deletes, stored), (leases, again, renewals), *rest = figures
    (scheduled,), (taken,), (unanswered, refused) = rest
    verdict = Verdict(
        violations=[],
        seconds=seconds,
        kills=int(kills),
        done=Counter(
            {
                Kind.INSERT: int(inserts),
                Kind.DELETE: int(deletes),
                Kind.LEASE: int(leases),
                Kind.RENEW: int(renewals),
            }
        ),
        scheduled=int(scheduled),
        again=int(again),
        refused=int(refused),
        unanswered=int(unanswered),
        stored=int(stored),
        taken=int(taken),
    )

    assert "\n".join(summary(verdict)) in PAGE.read_text()


def test_the_example_of_the_docs_runs():
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)

    exec(compile(block, PAGE.name, "exec", dont_inherit=True), {})


def an_operation(kind, **fields) -> Operation:
    return Operation(kind=kind, task="t", started=1, ended=2, **fields)
