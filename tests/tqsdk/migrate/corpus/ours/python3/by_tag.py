# rewrite: tqsdk compat
import base64
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
for tag in ("red", "blue", "red"):
    body = {
        "queueName": "t",
        "payloadBase64": base64.urlsafe_b64encode(tag.encode("utf-8")).decode("utf-8"),
        "tag": tag,  # groups them
    }
    service.tasks().insert(project="s~legacy-app", taskqueue="t", body=body).execute()  # <- TQM010
red = service.tasks().lease(project="s~legacy-app", taskqueue="t", numTasks=5, leaseSecs=60, groupByTag=True, tag="red").execute()  # <- TQM012
print(len(red["items"]))
oldest = service.tasks().lease(project="s~legacy-app", taskqueue="t", numTasks=5, leaseSecs=60, groupByTag=True).execute()  # <- TQM012
print([task.get("tag") for task in oldest["items"]])
