# rewrite: compat
"""What is given is put together first."""
from googleapiclient.discovery import build  # <- TQM001

where = dict(project="s~legacy-app", taskqueue="o")
service = build("taskqueue", "v1beta2")  # <- TQM002
service.tasks().insert(body={"queueName": "o", "payloadBase64": "YQ=="}, **where).execute()  # <- TQM010
options = {"numTasks": 5, "leaseSecs": 0}
print(len(service.tasks().lease(**where, **options).execute()["items"]))  # <- TQM013
