# rewrite: tqsdk compat
"""Work that takes longer than its lease."""
import base64
from googleapiclient.discovery import build  # <- TQM001

PROJECT, QUEUE = "s~legacy-app", "long"

service = build("taskqueue", "v1beta2")  # <- TQM002
service.tasks().insert(project=PROJECT, taskqueue=QUEUE, body={"queueName": QUEUE, "payloadBase64": base64.b64encode(b"film").decode()}).execute()  # <- TQM010
result = service.tasks().lease(project=PROJECT, taskqueue=QUEUE, numTasks=1, leaseSecs=60).execute()  # <- TQM011
for task in result["items"]:
    task["queueName"] = QUEUE
    task = service.tasks().update(project=PROJECT, taskqueue=QUEUE, task=task["id"], newLeaseSeconds=300, body=task).execute()  # <- TQM014
    print(task["retry_count"])  # <- TQM024
    service.tasks().delete(project=PROJECT, taskqueue=QUEUE, task=task["id"]).execute()  # <- TQM017
print(len(service.tasks().list(project=PROJECT, taskqueue=QUEUE).execute().get("items", [])))  # <- TQM019
