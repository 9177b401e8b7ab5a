# rewrite: tqsdk compat
import httplib2
from googleapiclient.discovery import build  # <- TQM001

http = httplib2.Http(timeout=30)
service = build("taskqueue", "v1beta2", http=http, developerKey="none")  # <- TQM002
queue = service.taskqueues().get(project="s~legacy-app", taskqueue="h").execute()  # <- TQM020
print(queue.get("maxLeases"))
