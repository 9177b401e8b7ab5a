from google.appengine.api import taskqueue  # <- TQM101
from google.appengine.runtime import apiproxy_errors

queue = taskqueue.Queue("pull-queue")  # <- TQM102


def produce(items):
    tasks = []
    for item in items:
        tasks.append(taskqueue.Task(payload=item, method="PULL", tag="x", name=f"n{item}"))  # <- TQM103
    queue.add(tasks)  # <- TQM104


def consume():
    try:
        tasks = queue.lease_tasks_by_tag(3600, 1000, deadline=60)  # <- TQM106
    except (taskqueue.TransientError, apiproxy_errors.DeadlineExceededError):  # <- TQM115
        return
    for task in tasks:
        print(task.extract_params())  # <- TQM116
        queue.modify_task_lease(task, 600)  # <- TQM108
        queue.modify_task_lease(task, 0)  # <- TQM109
    queue.delete_tasks(tasks)  # <- TQM110
