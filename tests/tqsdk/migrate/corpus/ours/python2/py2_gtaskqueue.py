#!/usr/bin/env python
"""In the manner of the sample tool of Google's client."""
import httplib2
from apiclient.discovery import build  # <- TQM001
from apiclient.http import HttpRequest  # <- TQM001
from oauth2client.client import OAuth2WebServerFlow
from oauth2client.file import Storage
from oauth2client.tools import run

FLOW = OAuth2WebServerFlow(  # <- TQM005
    client_id='x', client_secret='y', scope='https://www.googleapis.com/auth/taskqueue',  # <- TQM006
    user_agent='tool/1.0')


class TaskQueueRequest(HttpRequest):
    pass


def main():
    storage = Storage('tasks.dat')
    credentials = storage.get()
    if credentials is None or credentials.invalid == True:
        credentials = run(FLOW, storage)  # <- TQM005
    http = credentials.authorize(httplib2.Http())
    task_api = build('taskqueue', 'v1beta1', http=http, requestBuilder=TaskQueueRequest)  # <- TQM002 TQM004
    request = task_api.tasks().list(project='p', taskqueue='q')  # <- TQM019
    print request.execute()  # <- TQM022
