# rewrite: compat
"""The answer leaves the place where it is known."""
import json
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
answer = service.tasks().insert(project="s~legacy-app", taskqueue="d", body={"queueName": "d", "payloadBase64": "YQ==", "id": "x"}).execute()  # <- TQM010
print(sorted(json.loads(json.dumps(answer))))
