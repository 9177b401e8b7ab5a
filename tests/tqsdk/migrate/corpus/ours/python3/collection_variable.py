# rewrite: tqsdk compat
import base64
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
collection = service.tasks()
queues = service.taskqueues()

collection.insert(project="s~legacy-app", taskqueue="c", body={"queueName": "c", "payloadBase64": base64.urlsafe_b64encode(b"1").decode()}).execute()  # <- TQM010
info = queues.get(project="s~legacy-app", taskqueue="c", getStats=True).execute()  # <- TQM021
print(info["stats"]["totalTasks"])
