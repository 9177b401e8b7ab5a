"""What unittest gets."""

from __future__ import annotations

import os
import unittest
from typing import ClassVar

import pytest

from emulator.testing import TaskQueueTestCase
from emulator.testing.options import ServerOptions
from tests.emulator.testing.plain import ask


def run(*cases: type[unittest.TestCase]) -> unittest.TestResult:
    loader = unittest.TestLoader()
    result = unittest.TestResult()
    unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in cases).run(result)
    return result


def insert(case: TaskQueueTestCase, queue: str = "q") -> None:
    target = f"/taskqueue/v1beta2/projects/{case.taskqueue.project}/taskqueues/{queue}/tasks"
    ask(case.server, "POST", target, {"payloadBase64": "aGVsbG8="})


def test_each_test_has_a_project_of_its_own_that_programs_find():
    projects = []

    class Tests(TaskQueueTestCase):
        def check(self) -> None:
            insert(self)
            self.taskqueue.assert_inserted("q", payload="hello", count=1)
            projects.append(os.environ["GOOGLE_CLOUD_PROJECT"])
            assert os.environ["TASKQUEUE_EMULATOR_HOST"] == self.server.host

        test_one = test_two = check

    result = run(Tests)

    assert (result.testsRun, result.errors, result.failures) == (2, [], [])
    assert len(set(projects)) == 2
    assert "TASKQUEUE_EMULATOR_HOST" not in os.environ


def test_after_each_test_the_server_is_as_new():
    class Tests(TaskQueueTestCase):
        def check(self) -> None:
            assert self.server.queues() == []
            insert(self)

        test_one = test_two = check

    assert run(Tests).wasSuccessful()


def test_a_class_says_what_server_it_needs():
    class Tests(TaskQueueTestCase):
        taskqueue_mode = "wsgi"
        taskqueue_options: ClassVar[ServerOptions] = {"queues": ["mail"]}

        def test_it(self) -> None:
            assert self.taskqueue.environment.keys() == {"GOOGLE_CLOUD_PROJECT"}
            insert(self, "mail")
            with pytest.raises(AssertionError, match="404"):
                insert(self, "other")

    result = run(Tests)

    assert (result.errors, result.failures) == ([], [])


def test_a_failure_is_a_failure():
    class Tests(TaskQueueTestCase):
        def test_it(self) -> None:
            self.taskqueue.assert_inserted("q")

    assert len(run(Tests).failures) == 1
