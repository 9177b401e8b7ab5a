# rewrite: tqsdk compat
"""Requests are made first, and executed when it is time."""
import base64

from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
payload = base64.b64encode(b"later").decode()
insert_request = service.tasks().insert(project="s~legacy-app", taskqueue="l", body={"queueName": "l", "payloadBase64": payload})  # <- TQM010
lease_request = service.tasks().lease(project="s~legacy-app", taskqueue="l", numTasks=1, leaseSecs=60)  # <- TQM011
insert_request.execute()  # <- TQM022
response = lease_request.execute()  # <- TQM022
print([base64.b64decode(task["payloadBase64"]) for task in response["items"]])  # <- TQM025
