"""The sample project passes: in parallel, in any order, and without waiting for real time."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2] / "examples" / "pytest_project"


@pytest.mark.parametrize(
    "number", [0, *(pytest.param(each, marks=pytest.mark.soak) for each in range(1, 6))]
)
def test_the_sample_project_passes_in_any_order(number):
    seed = random.randrange(100_000)
    print(
        f"pytest -n 4 --random-order-bucket=global --random-order-seed={seed}"
    )  # shown if it fails

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-n", "4", "-p", "no:cacheprovider"),
            *("-p", "no:hypothesispytest"),  # it takes seconds to import, five times
            *("--random-order-bucket=global", f"--random-order-seed={seed}"),
        ],
        cwd=PROJECT,
        env={name: each for name, each in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "30 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
    assert f"random-order-seed={seed}" in done.stdout


def test_the_sample_project_does_not_let_its_tests_sleep(tmp_path):
    test = tmp_path / "test_asleep.py"
    test.write_text("import time\ndef test_it(): time.sleep(0.001)\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", PROJECT / "pyproject.toml", "-p", "no:xdist", test],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "a test may not sleep" in done.stdout
    assert "1 failed" in done.stdout
