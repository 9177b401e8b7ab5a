"""For unittest: what the pytest plugin gives, as a test case to inherit from."""

from __future__ import annotations

import os
import unittest
from typing import ClassVar
from unittest import mock

from emulator.testing.kit import TaskQueue
from emulator.testing.naming import project_of
from emulator.testing.options import ServerOptions
from emulator.testing.running import Mode, running
from emulator.testing.server import Server


class TaskQueueTestCase(unittest.TestCase):
    """A server for each class of tests, and a project of its own for each test.

    It can also be mixed in before another test case. The variables by which programs find the
    project are set while a test runs; after each test the server is reset: tasks, clock, faults and
    journal.

    Attributes:
        taskqueue_mode: How the server runs; see ``emulator.running``.
        taskqueue_options: Its settings.
        server: The server.
        taskqueue: The test's project.
    """

    taskqueue_mode: ClassVar[Mode] = "thread"
    taskqueue_options: ClassVar[ServerOptions] = {}
    server: ClassVar[Server]
    taskqueue: TaskQueue

    @classmethod
    def setUpClass(cls) -> None:
        """Start the server."""
        super().setUpClass()
        cls.server = cls.enterClassContext(
            running(mode=cls.taskqueue_mode, **cls.taskqueue_options)
        )

    def setUp(self) -> None:
        """Make the project."""
        super().setUp()
        self.addCleanup(self.server.reset)
        self.taskqueue = TaskQueue(self.server, project_of(self.id()))
        self.enterContext(mock.patch.dict(os.environ, self.taskqueue.environment))
