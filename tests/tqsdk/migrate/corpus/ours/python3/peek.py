# rewrite: compat
"""Looks at a tag by leasing for no time at all."""
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
service.tasks().insert(project="s~legacy-app", taskqueue="p", body={"queueName": "p", "payloadBase64": "YQ==", "tag": "x"}).execute()  # <- TQM010
waiting = service.tasks().lease(project="s~legacy-app", taskqueue="p", numTasks=1, leaseSecs=0, groupByTag=True, tag="x").execute()  # <- TQM013
print(len(waiting.get("items", [])))
