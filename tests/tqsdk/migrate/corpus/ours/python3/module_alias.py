# rewrite: tqsdk compat
import base64
import googleapiclient.discovery as gd  # <- TQM001

tq = gd.build("taskqueue", "v1beta2")  # <- TQM002
where = "s~legacy-app"
tq.tasks().insert(project=where, taskqueue="q", body={"queueName": "q", "payloadBase64": base64.b64encode(b"x").decode(), "id": "named-task"}).execute()  # <- TQM010
task = tq.tasks().get(project=where, taskqueue="q", task="named-task").execute()  # <- TQM018
print(task["id"], base64.b64decode(task["payloadBase64"]))  # <- TQM025
