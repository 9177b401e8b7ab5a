# rewrite: tqsdk compat
from googleapiclient.discovery import build  # <- TQM001

PROJECT = 's~legacy-app'


def get_service():
    return build('taskqueue', 'v1beta2')  # <- TQM002


def add(text):
    return get_service().tasks().insert(project=PROJECT, taskqueue='letters', body={  # <- TQM010
        'queueName': 'letters',
        'payloadBase64': text,
    }).execute()


add('SGVsbG8=')
leased = get_service().tasks().lease(project=PROJECT, taskqueue='letters', numTasks=1, leaseSecs=10).execute()  # <- TQM011
print(len(leased['items']), leased['items'][0]['retry_count'])  # <- TQM024
