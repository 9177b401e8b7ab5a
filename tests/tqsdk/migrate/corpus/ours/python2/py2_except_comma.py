import sys
from apiclient import discovery  # <- TQM001
from apiclient.errors import HttpError


class Client(object):
    def __init__(self, http):
        self.service = discovery.build('taskqueue', 'v1beta2', http=http)  # <- TQM002

    def get(self, name):
        try:
            return self.service.tasks().get(project='s~app', taskqueue='q', task=name).execute()  # <- TQM018
        except HttpError, e:  # <- TQM026
            print >>sys.stderr, e
            raise ValueError, name
