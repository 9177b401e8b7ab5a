# rewrite: tqsdk compat
"""The tutorial's worker: lease, work, delete."""

import base64

from googleapiclient.discovery import build  # <- TQM001

PROJECT = "s~legacy-app"
QUEUE = "mail"


def main():
    service = build("taskqueue", "v1beta2")  # <- TQM002
    for text in ("one", "two"):
        payload = base64.urlsafe_b64encode(text.encode()).decode()
        body = {"queueName": QUEUE, "payloadBase64": payload}
        service.tasks().insert(project=PROJECT, taskqueue=QUEUE, body=body).execute()  # <- TQM010
    # Everything at once.
    result = service.tasks().lease(  # <- TQM011
        project=PROJECT,
        taskqueue=QUEUE,
        numTasks=10,
        leaseSecs=60,
    ).execute()
    for task in result.get("items", []):
        print(base64.urlsafe_b64decode(task["payloadBase64"]).decode())  # <- TQM025
        service.tasks().delete(project=PROJECT, taskqueue=QUEUE, task=task["id"]).execute()  # <- TQM017


main()
