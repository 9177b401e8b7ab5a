# rewrite: compat
import time
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
later = int((time.time() + 3600) * 1000000)
service.tasks().insert(project="s~legacy-app", taskqueue="eta", body={"queueName": "eta", "payloadBase64": "YQ==", "leaseTimestamp": later}).execute()  # <- TQM010
print("items" in service.tasks().lease(project="s~legacy-app", taskqueue="eta", numTasks=1, leaseSecs=1).execute())  # <- TQM011
