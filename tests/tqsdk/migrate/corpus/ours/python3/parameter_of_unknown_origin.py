"""Somebody else makes the service."""


def drain(tq, project, queue):
    answer = tq.tasks().lease(project=project, taskqueue=queue, numTasks=10, leaseSecs=60).execute()  # <- TQM011
    for task in answer.get("items", []):
        print(task["payloadBase64"])  # <- TQM025
        tq.tasks().delete(project=project, taskqueue=queue, task=task["id"]).execute()  # <- TQM017


def figures(queues, project):
    return queues.get(project=project, taskqueue="q", getStats=True).execute()["stats"]  # <- TQM021
