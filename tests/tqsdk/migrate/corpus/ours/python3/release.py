# rewrite: tqsdk compat
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002


def give_back(task):
    task["queueName"] = "r"
    service.tasks().update(project="s~legacy-app", taskqueue="r", task=task["id"], newLeaseSeconds=0, body=task).execute()  # <- TQM016


service.tasks().insert(project="s~legacy-app", taskqueue="r", body={"queueName": "r", "payloadBase64": "YQ=="}).execute()  # <- TQM010
for attempt in range(2):
    items = service.tasks().lease(project="s~legacy-app", taskqueue="r", numTasks=1, leaseSecs=60).execute().get("items", [])  # <- TQM011
    for task in items:
        print(attempt, task["retry_count"])  # <- TQM024
        give_back(task)
