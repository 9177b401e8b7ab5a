import httplib2
from apiclient.discovery import build  # <- TQM001
from oauth2client.client import AccessTokenRefreshError, SignedJwtAssertionCredentials


class TaskqueueClient:
    def __init__(self, project, credentials=None):
        self.project = project
        self._http = credentials.authorize(httplib2.Http())
        self._api = build('taskqueue', 'v1beta2', http=self._http)  # <- TQM002

    @property
    def _tasks(self):
        return self._api.tasks()

    def lease(self, queue, n, secs):
        try:
            req = self._tasks.lease(project=self.project, taskqueue=queue, numTasks=n, leaseSecs=secs)  # <- TQM011
            return req.execute()['items']  # <- TQM022
        except (AccessTokenRefreshError, KeyError), e:  # <- TQM026
            print 'nothing', e
            return []

    def reinsert(self, queue, task):
        self._tasks.insert(project=self.project, taskqueue=queue, body={'payloadBase64': task['payloadBase64'], 'queueName': queue, 'id': task['id']}).execute()  # <- TQM010 TQM025
