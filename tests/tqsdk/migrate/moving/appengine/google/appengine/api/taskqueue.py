"""As much of App Engine's module as an export calls, over a file; for Python 2.7 and 3."""

import io
import json
import os
import time

time.sleep = lambda seconds: None

_FILE = os.environ["FAKE_TASKQUEUE"]


class TransientError(Exception):
    pass


class Task(object):
    def __init__(self, data):
        self.name = data["name"]
        self.payload = data["payload"].encode("utf-8")
        self.tag = data.get("tag")
        self.retry_count = data["retry_count"]


class _Statistics(object):
    def __init__(self, tasks):
        self.tasks = tasks


class Queue(object):
    def __init__(self, name):
        assert name == "mail"

    def lease_tasks(self, lease_seconds, max_tasks):
        state = _read()
        if state["troubles"]:
            state["troubles"] -= 1
            _write(state)
            raise TransientError()
        tasks = [task for task in state["tasks"] if not task.get("leased")][:max_tasks]
        tasks = tasks[: state["at_once"]]
        for task in tasks:
            task["leased"] = True
            task["retry_count"] += 1
        _write(state)
        return [Task(task) for task in tasks]

    def delete_tasks(self, tasks):
        assert tasks, "the real one refuses an empty list of nothing to do"
        self.delete_tasks_by_name([task.name for task in tasks])

    def delete_tasks_by_name(self, names):
        state = _read()
        if state["dies"]:
            state["dies"] = False
            _write(state)
            os._exit(9)
        state["tasks"] = [task for task in state["tasks"] if task["name"] not in names]
        _write(state)

    def fetch_statistics(self):
        return _Statistics(len(_read()["tasks"]))


def _read():
    with io.open(_FILE, encoding="utf-8") as file:
        return json.load(file)


def _write(state):
    with io.open(_FILE, "wb") as file:
        file.write(json.dumps(state).encode("ascii"))
