import base64
from apiclient.discovery import build  # <- TQM001

service = build('taskqueue', 'v1beta2')  # <- TQM002
result = service.tasks().lease(project='s~app', taskqueue='q', numTasks=10, leaseSecs=60).execute()  # <- TQM011
for task in result.get('items', []):
    print base64.urlsafe_b64decode(str(task['payloadBase64']))  # <- TQM025
    service.tasks().delete(project='s~app', taskqueue='q', task=task['id']).execute()  # <- TQM017
