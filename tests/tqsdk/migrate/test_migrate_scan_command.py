"""``tq migrate scan``: what it prints, in each form, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tqsdk.migrate.rules import RULES

PROGRAM = """\
from googleapiclient.discovery import build

tasks = build("taskqueue", "v1beta2").tasks()
tasks.lease(project="p", taskqueue="q", numTasks=1, leaseSecs=3600, groupByTag=True).execute()
"""


def test_nothing_found_is_0(migrate, write):
    write("a.py", "print('taskqueue')\n")

    done = migrate("scan", ".")

    assert (done.code, done.lines) == (0, ["0 places in 0 files, of 1 looked into"])


def test_something_found_is_1_and_is_printed_with_what_to_do(migrate, write):
    write("a.py", PROGRAM)

    done = migrate("scan", ".")

    assert done.code == 1
    assert "a.py:4:1: TQM012 tasks are leased by tag" in done.lines
    assert f"    -> {RULES['TQM012'].advice}" in done.lines
    assert "3 places in 1 file, of 1 looked into" in done.lines


def test_a_path_that_is_not_there_is_2(migrate):
    done = migrate("scan", "nowhere")

    assert done.code == 2
    assert "nowhere" in done.err


def test_the_target_lacks_what_is_used(migrate, write):
    write("a.py", PROGRAM)

    pubsub = migrate("scan", ".", "--target", "pubsub").lines
    postgres = migrate("scan", ".", "--target", "postgres").lines

    assert [line for line in pubsub if line.startswith("pubsub lacks: ")] == [
        "pubsub lacks: lease by the oldest task's tag (an ordering key gives order, not groups: "
        "collect in the worker)",
        "pubsub lacks: leases of more than 600 seconds (at most 600 seconds at a time: extend the "
        "deadline in the background)",
    ]
    assert "postgres has all that is used here" in postgres


def test_json_has_the_same_for_programs(migrate, write):
    write("a.py", PROGRAM)

    done = migrate("scan", "a.py", "--format", "json", "--target", "pubsub")

    report = json.loads(done.out)
    assert [each["rule"] for each in report["findings"]] == ["TQM001", "TQM002", "TQM012"]
    assert report["findings"][2] | {"title": "", "advice": ""} == {
        "rule": "TQM012",
        "path": "a.py",
        "line": 4,
        "column": 1,
        "code": PROGRAM.splitlines()[3],
        "title": "",
        "advice": "",
        "detail": None,
        "effort": "rewrite",
        "needs": ["lease", "group-by-tag", "long-lease"],
    }
    assert report["summary"]["by_effort"] == {"rewrite": 3}
    assert report["target"]["lacks"][0]["places"] == ["a.py:4:1"]


def test_sarif_points_at_rules_and_places(migrate, write):
    write("app/worker a.py", PROGRAM)

    log = json.loads(migrate("scan", "app", "--format", "sarif").out)

    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["TQM001", "TQM002", "TQM012"]
    result = run["results"][2]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "TQM012"
    assert result["level"] in ("note", "warning", "error")
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "app/worker%20a.py"
    assert where["region"]["startLine"] == 4
    assert where["region"]["startColumn"] == 1


@pytest.mark.parametrize(
    "folder", ["node_modules/x", ".git", "venv/lib", "a/site-packages/y", "left/out", "out.d"]
)
def test_what_was_not_written_here_is_left_out(migrate, write, folder):
    write("venv/pyvenv.cfg", "")
    write(f"{folder}/a.py", PROGRAM)

    done = migrate("scan", ".", "--exclude", "left/*", "--exclude", "out.?")

    assert (done.code, done.lines) == (0, ["0 places in 0 files, of 0 looked into"])


def test_a_script_without_a_suffix_is_known_by_its_first_line(migrate, write):
    write("bin/work", f"#!/usr/bin/env python3\n{PROGRAM}")
    write("bin/other", PROGRAM)

    assert {line.split(":")[0] for line in migrate("scan", ".").lines if ": TQM" in line} == {
        "bin/work"
    }


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("build('taskqueue'\n) = = 1\n", "TQM901"),
        (b"# taskqueue \xff\n", "TQM902"),
        (b"# coding: no-such-code\n# taskqueue\n", "TQM902"),
    ],
)
def test_what_cannot_be_read_is_told_and_not_passed_over(migrate, write, text, rule):
    write("a.py", text)

    done = migrate("scan", ".", "--format", "json")

    assert done.code == 1
    assert [each["rule"] for each in json.loads(done.out)["findings"]] == [rule]
    assert json.loads(done.out)["findings"][0]["detail"]


def test_a_bad_queue_file_is_told_with_its_line(migrate, write):
    write("queue.yaml", "queue:\n- name: mail\n  moed: pull\n")

    (finding,) = json.loads(migrate("scan", ".", "--format", "json").out)["findings"]

    assert (finding["rule"], finding["line"]) == ("TQM901", 3)
    assert "did you mean mode" in finding["detail"]


def test_progress_is_counted_on_standard_error(migrate, write):
    write("a.py", "")

    done = migrate("scan", ".", "--progress")

    assert done.err == "1 files looked into\n"


def test_without_the_libraries_the_command_says_how_to_install_them(tmp_path):
    (tmp_path / "a.py").write_text(PROGRAM)
    code = (
        "import sys; sys.modules['libcst'] = None; sys.modules['ast_grep_py'] = None\n"
        "from tqsdk.cli.root import tq; tq(['migrate', 'scan', '.'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.endswith("is not installed: pip install 'taskqueue-sdk[migrate]'\n")
    assert done.stderr.count("\n") == 1
