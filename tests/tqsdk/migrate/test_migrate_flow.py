"""What is followed, and what is not: each in a few lines."""

from __future__ import annotations

import pytest

from tqsdk.migrate.scan import scan

BUILD = "from googleapiclient.discovery import build\n"
LEASE = "project='p', taskqueue='q', numTasks=1, leaseSecs=1"


@pytest.fixture
def rules(write, tmp_path):
    """The rules that a scan of programs finds, but for the import."""

    def rules(*texts: str) -> list[str]:
        for number, text in enumerate(texts):
            write(f"program{number}.py", text)
        return [each.rule_id for each in scan([tmp_path]).findings if each.rule_id != "TQM001"]

    return rules


@pytest.mark.parametrize(
    "program",
    [
        "s = build('task' + 'queue', 'v1beta2')\ns.tasks().lease(LEASE)",
        "s = None or build('taskqueue', 'v1')\ns.tasks().lease(LEASE)",
        "with build('taskqueue', 'v1') as s:\n    s.tasks().lease(LEASE)",
        "d = {}\nd['s'] = build('taskqueue', 'v1')\nd.get('s').tasks().lease(LEASE)",
        "a, b = 1, build('taskqueue', 'v1')\nb.tasks().lease(LEASE)",
        "f = lambda: build('taskqueue', 'v1')\nf().tasks().lease(LEASE)",
        "def f(s):\n    s.tasks().lease(LEASE)\nf(build('taskqueue', 'v1'))",
        "def f(*, s=build('taskqueue', 'v1')):\n    s.tasks().lease(LEASE)",
        "if (s := build('taskqueue', 'v1')):\n    s.tasks().lease(LEASE)",
        "async def f():\n    s = build('taskqueue', 'v1')\n    s.tasks().lease(LEASE)",
        "class A:\n    s = build('taskqueue', 'v1')\nA.s.tasks().lease(LEASE)",
        "[s.tasks().lease(LEASE) for s in [build('taskqueue', 'v1')]]",
        "def f():\n    global s\n    s = build('taskqueue', 'v1')\nf()\ns.tasks().lease(LEASE)",
    ],
)
def test_a_service_is_followed_wherever_it_goes(rules, program):
    text = program.replace("LEASE", LEASE)

    assert sorted(rules(BUILD + text)) == ["TQM002", "TQM011"]
    # And by the reader of Python 2, which a print statement calls for.
    if ":=" not in program and "async" not in program and "*," not in program:
        assert sorted(rules(BUILD + text + "\nprint 'x'\n")) == ["TQM002", "TQM011"]


@pytest.mark.parametrize(
    "program",
    [
        "s = build('taskqueue', 'v1')\ns = build('drive', 'v3')\ns.tasks().list()",
        "def f(build):\n    build('taskqueue', 'v1')",
        "build = print\nbuild('taskqueue', 'v1')",
        "class A:\n    def build(self, *a): ...\nA().build('taskqueue', 'v1')",
    ],
)
def test_a_name_that_stands_for_something_else_is_not_taken_for_it(rules, program):
    assert [each for each in rules(BUILD + program) if each != "TQM002"] == []


def test_programs_that_import_each_other_are_looked_at_together(rules):
    found = rules(
        "from program1 import connect\n"
        "class A:\n    def __init__(self):\n        self.s = connect()\n",
        BUILD + "def connect():\n    return build('taskqueue', 'v1')\n",
        f"import program0\nprogram0.A().s.tasks().lease({LEASE})\n",
    )

    assert found == ["TQM002", "TQM011"]


def test_a_recursion_comes_to_an_end(rules):
    assert rules("def f(x):\n    return f([x])\nf('taskqueue')\nclass A(A): pass\nA().b\n") == []


def test_a_push_queue_beside_a_pull_queue_is_left_alone(rules):
    found = rules(
        "from google.appengine.api import taskqueue\n"
        "taskqueue.Queue('pull').lease_tasks(60, 1)\n"
        "push = taskqueue.Queue('push')\n"
        "push.add(taskqueue.Task(url='/'))\n"
        "push.purge()\n"
    )

    assert found == ["TQM101", "TQM102", "TQM105"]


def test_folders_with_modules_of_one_name_are_told_apart(write, tmp_path):
    for folder, api in (("a", "taskqueue"), ("b", "drive")):
        write(f"{folder}/connect.py", f"{BUILD}taskqueue = build('{api}', 'v1')\n")
        write(f"{folder}/work.py", "from connect import taskqueue\ntaskqueue.tasks().list(**x)\n")

    found = scan([tmp_path / "a", tmp_path / "b"]).findings

    assert [(each.path[-12:], each.rule_id) for each in found] == [
        ("a/connect.py", "TQM001"),
        ("a/connect.py", "TQM002"),
        (found[2].path[-12:], "TQM019"),
    ]
    assert found[2].path.endswith("a/work.py")


def test_what_is_nested_too_deeply_is_told(rules):
    assert rules(f"taskqueue = {'+'.join('x' * 1500)}\n") == ["TQM901"]


def test_a_mistake_in_the_middle_costs_that_statement_only(rules):
    broken = "def (:\n  x = \n"

    found = rules(f"{BUILD}s = build('taskqueue', 'v1')\n{broken}s.tasks().lease({LEASE})\n")

    assert "TQM901" in found
    assert "TQM002" in found
