"""A switch, a roll-back and the switch again, in virtual time, with faults: is anything lost?"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count

import pytest

import emulator
from tests.together.test_tq_command import TQ
from tqsdk import ConfigError, NewTask
from tqsdk.migrate.rehearsal import plan
from tqsdk.migrate.rehearsal.play import Cast, play
from tqsdk.migrate.rehearsal.stage import Server, started

SMALL = "old:6,back:6,dual:24,drain:12,dual:12,back:6,old:6,back:6,dual:12,drain:12,new:6"


@pytest.fixture
def servers():
    with emulator.running(journal=0) as old, emulator.running(journal=0) as new:
        both = Server(old.url), Server(new.url)
        yield both
        for server in both:
            server.close()


def tasks():
    for number in count():
        yield NewTask(f"payload {number}", name=f"t-{number}", tag=f"tag-{number % 3}")


def test_with_many_faults_nothing_is_lost_or_done_twice(servers):
    cast = Cast(consumers=3, faults=0.1, per_second=0.25, deadly=0.01, seed=3)

    outcome = play(plan.read(SMALL), cast, servers, tasks=tasks())

    assert outcome.faults > 20
    assert outcome.stored > 50
    assert (outcome.lost, outcome.doubled) == ([], [])
    assert (outcome.worked, outcome.left_old, outcome.left_new) == (outcome.stored, 0, 0)
    for name in ("inserted_old", "inserted_new", "copied", "leased_old", "leased_new"):
        assert outcome.counters[name], name


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_an_hour_with_a_hundredth_of_faults_a_switch_and_a_roll_back(servers, seed):
    """The half of a switch, back, and then all of it; each process hears of it on its own."""
    outcome = play(
        plan.read(plan.USUAL), Cast(faults=0.01, per_second=0.3, seed=seed), servers, tasks=tasks()
    )

    assert outcome.seconds >= 3600
    assert outcome.faults > 100
    assert outcome.stored > 2000
    assert (outcome.lost, outcome.doubled) == ([], [])
    assert (outcome.worked, outcome.left_old, outcome.left_new) == (outcome.stored, 0, 0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_with_a_fifth_of_faults_nothing_is_lost(servers, seed):
    cast = Cast(faults=0.2, per_second=0.3, deadly=0.01, seed=seed)

    outcome = play(plan.read(SMALL), cast, servers, tasks=tasks())

    assert outcome.lost == []
    assert (outcome.left_old, outcome.left_new) == (0, 0)


def test_a_loss_would_be_seen(servers, monkeypatch):
    """Without the look into the new queue a roll-back leaves tasks behind."""
    monkeypatch.setattr("tqsdk.migrate.rehearsal.play._PATIENCE", 60.0)
    monkeypatch.setattr("tqsdk.migrate.bridge.reading.Reader._from_new", lambda *_, **__: [])

    outcome = play(plan.read("dual:4,drain:40,dual:20"), Cast(faults=0.0), servers, tasks=tasks())

    assert outcome.lost_count > 5
    assert not outcome.is_good
    assert outcome.left_new == outcome.lost_count


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("old", "a scene is MODE:SECONDS"),
        ("old:x", "a scene is MODE:SECONDS"),
        ("old:0", "a scene is MODE:SECONDS"),
        ("older:5", "no mode 'older'"),
        ("old:5,drain:5", "from old to drain at once; between them is back, dual"),
        ("old:5,old:5", "between them is nothing to change"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(text, why):
    with pytest.raises(ConfigError, match=why):
        plan.read(text)


def test_a_switch_that_would_leave_tasks_behind_does_not_go_on(servers, monkeypatch):
    monkeypatch.setattr("tqsdk.migrate.rehearsal.play._PATIENCE", 10.0)

    with pytest.raises(ConfigError, match="new cannot follow drain: the old queue still has"):
        play(
            plan.read("dual:10,drain:4,new:4"),
            Cast(faults=0.0, consumers=1, per_second=2.0),
            servers,
            tasks=tasks(),
        )


def test_the_command_starts_servers_plays_and_tells_and_a_page_has_it(tmp_path):
    load = tmp_path / "load.jsonl"
    lines = [{"format": "taskqueue-jsonl", "version": 1, "trailer": False}]
    lines += [{"project": "p", "queue": "q", "name": f"mine-{n}", "payload": "x"} for n in range(6)]
    load.write_text("".join(json.dumps(line) + "\n" for line in lines))
    command = [TQ, "--json", "migrate", "rehearse", "--faults", "0", "--load", load]
    plan_of_it = ["--plan", "old:4,back:4,dual:4,drain:4,new:4"]

    done = subprocess.run(
        [*command, *plan_of_it], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["good"], told["stored"], told["worked"]) == (True, 6, 6)

    (tmp_path / "told.json").write_text(done.stdout)
    page = [TQ, "migrate", "report", "--rehearsal", "told.json", "--out", "page.html"]
    subprocess.run(page, cwd=tmp_path, timeout=60, check=True)
    assert "nothing was lost" in (tmp_path / "page.html").read_text()


def test_where_the_server_is_missing_it_says_what_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with (
        pytest.raises(ConfigError, match=r"pip install 'taskqueue-sdk\[emulator\]'"),
        started(tmp_path),
    ):
        pass
