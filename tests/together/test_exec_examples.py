"""The examples of docs/test-kit-exec.md: they run, and are printed as they run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.durability.process import TQ_EMULATOR, environment

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/test-kit-exec.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "tests/examples/exec"


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell beside the examples."""
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment(PATH=f"{TQ_EMULATOR.parent}{os.pathsep}{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("language", ["js", "go", "java", "yaml"])
def test_what_the_page_shows_is_an_example(language):
    [shown] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)

    assert shown in [each.read_text(encoding="utf-8") for each in EXAMPLES.iterdir()]


@pytest.mark.parametrize("program", ["go", "java"])
def test_an_example_runs_as_the_page_says(tmp_path, program):
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    [line] = re.findall(rf"^`(tq-emulator exec -- {program} .*?)`", PAGE, re.MULTILINE)
    (tmp_path / "go.mod").write_text("module example.com/mail\n")

    done = run(line, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_job_runs_what_is_ours_in_it(tmp_path):
    job = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())["jobs"]["test"]
    [ours] = [step["run"] for step in job["steps"] if "tq-emulator" in step.get("run", "")]

    done = run(ours, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 1" in done.stdout
    assert f"`{ours}`, with" in PAGE  # the example for Node


def test_the_extras_that_the_job_installs_are_there():
    text = (EXAMPLES / "github-actions.yml").read_text()
    [extras] = re.findall(r'pip install "taskqueue-sdk\[([a-z,]+)\]"', text)
    declared = (ROOT / "pyproject.toml").read_text()

    assert [each for each in extras.split(",") if f"\n{each} = [" not in declared] == []
