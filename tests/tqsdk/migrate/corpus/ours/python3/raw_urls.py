import requests

BASE = "https://www.googleapis.com/taskqueue/v1beta2/projects"  # <- TQM030


def lease(session: requests.Session, project: str, queue: str):
    url = f"https://www.googleapis.com/taskqueue/v1beta2/projects/{project}/taskqueues/{queue}/tasks/lease"  # <- TQM030
    return session.post(url, params={"numTasks": 1, "leaseSecs": 60})
