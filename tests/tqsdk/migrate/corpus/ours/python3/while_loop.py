# rewrite: tqsdk compat
import base64
from googleapiclient.discovery import build  # <- TQM001

SERVICE = build("taskqueue", "v1beta2")  # <- TQM002

for number in range(3):
    SERVICE.tasks().insert(project="s~legacy-app", taskqueue="n", body={"queueName": "n", "payloadBase64": base64.b64encode(str(number).encode()).decode()}).execute()  # <- TQM010
while True:
    response = SERVICE.tasks().lease(project="s~legacy-app", taskqueue="n", numTasks=2, leaseSecs=60).execute()  # <- TQM011
    if "items" not in response:
        break
    for task in response["items"]:
        print(int(base64.b64decode(task["payloadBase64"])))  # <- TQM025
        SERVICE.tasks().delete(project="s~legacy-app", taskqueue="n", task=task["id"]).execute()  # <- TQM017
