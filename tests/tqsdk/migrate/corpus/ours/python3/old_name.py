# rewrite: tqsdk compat
from apiclient.discovery import build  # <- TQM001
from base64 import b64decode, b64encode

api = build(serviceName='taskqueue', version='v1beta2', cache_discovery=False)  # <- TQM002
api.tasks().insert(  # <- TQM010
    project='s~legacy-app', taskqueue='jobs',
    body={'queueName': 'jobs', 'payloadBase64': b64encode(b'\x00job').decode('ascii'), 'tag': 'red'},
).execute()
tasks = api.tasks().lease(project='s~legacy-app', taskqueue='jobs', numTasks=1, leaseSecs=30).execute()  # <- TQM011
if 'items' in tasks:
    for task in tasks['items']:
        print(b64decode(task['payloadBase64']), task['tag'])  # <- TQM025
