# rewrite: tqsdk compat
from googleapiclient.discovery import build as make_service  # <- TQM001

taskqueue_service = make_service('taskqueue', version='v1beta2')  # <- TQM002
listed = taskqueue_service.tasks().list(project='s~legacy-app', taskqueue='empty').execute()  # <- TQM019
print(len(listed.get('items', [])))
