"""``tq-emulator verify`` as it is: a real run, with nothing to find."""

from __future__ import annotations

import json

from tests.durability.process import failed_run


def test_a_run_proves_that_kills_lose_nothing(tmp_path):
    run = failed_run(
        tmp_path,
        "verify",
        "--store",
        "sqlite:///kept.db",
        *("--clients", "2", "--seconds", "1", "--kill-every", "0.6", "--report", "report.jsonl"),
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("PROVEN: ")
    assert run.stderr.startswith("kill 1, after ")
    assert (tmp_path / "kept.db").exists()
    lines = (tmp_path / "report.jsonl").read_text().splitlines()
    assert {json.loads(line)["result"] for line in lines} >= {"done"}


def test_a_report_that_cannot_be_written_is_told_before_the_run(tmp_path):
    run = failed_run(tmp_path, "verify", "--report", "nowhere/report.jsonl")

    assert run.returncode == 2
    assert "nowhere/report.jsonl" in run.stderr
    assert "kill" not in run.stderr
