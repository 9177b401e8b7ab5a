# rewrite: tqsdk compat
import json, base64
from googleapiclient.discovery import build  # <- TQM001

service = build('taskqueue', 'v1beta2')  # <- TQM002
message = json.dumps({'to': 'Ada'})
service.tasks().insert(project='s~legacy-app', taskqueue='j', body={'queueName': 'j', 'payloadBase64': base64.urlsafe_b64encode(message.encode()).decode()}).execute()  # <- TQM010
tasks = service.tasks().lease(project='s~legacy-app', taskqueue='j', numTasks=1, leaseSecs=60).execute()  # <- TQM011
if tasks.get('items'):
    first = tasks['items'][0]
    content = json.loads(base64.urlsafe_b64decode(first['payloadBase64'].encode()))  # <- TQM025
    print(content['to'])
