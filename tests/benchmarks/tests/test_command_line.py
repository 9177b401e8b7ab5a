"""The command itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.curves import CURVES
from tests.benchmarks.rows import ROWS

ROOT = Path(__file__).parents[3]


def test_the_list_has_every_row_and_curve():
    listed = run("--list").stdout.splitlines()

    assert [line.split()[0] for line in listed] == [each.key for each in (*ROWS, *CURVES)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rows", "insert-nowhere"], "invalid choice: 'insert-nowhere'"),
        (["--curves", "up"], "invalid choice: 'up'"),
        (["--rounds", "0"], "0 is not at least 1"),
        (["--peak", "150"], "150 is not in hundreds"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_starts(arguments, said):
    done = run(*arguments)

    assert done.returncode == 2
    assert said in done.stderr


def test_what_is_missing_is_one_line_to_install_it():
    done = run("--rows", "tail", PATH="")

    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == (
        "for every row: apt-get install wrk nginx-light beanstalkd npm util-linux"
    )
    assert done.stderr.splitlines()[-1] == "no wrk, without which nothing is measured"


@pytest.mark.skipif(shutil.which("wrk") is None, reason="no wrk on this machine")
def test_a_run_prints_its_table_and_leaves_only_plots(tmp_path):
    folder, plots = tmp_path / "data", tmp_path / "plots"

    done = run(
        *("--rows", "peak", "tail", "--rounds", "1", "--seconds", "1", "--peak", "100"),
        *("--folder", str(folder), "--plots", str(plots)),
    )

    assert done.returncode == 0, done.stderr
    assert "- ours: tq-emulator, version" in done.stdout
    assert "for information |" in done.stdout
    assert str(tmp_path) not in done.stdout
    assert [each.name for each in plots.iterdir()] == ["table.svg"]
    assert [each.suffix for each in folder.iterdir()] == [".lock"]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
