"""As the documentation of 2013 had it, brought to Python 3."""
import httplib2
from apiclient.discovery import build  # <- TQM001
from oauth2client.client import SignedJwtAssertionCredentials

SCOPE = "https://www.googleapis.com/auth/taskqueue"  # <- TQM006


def service():
    with open("key.p12", "rb") as f:
        credentials = SignedJwtAssertionCredentials("robot@example.com", f.read(), scope=SCOPE)  # <- TQM005
    http = credentials.authorize(httplib2.Http())
    return build("taskqueue", "v1beta2", http=http)  # <- TQM002


def take():
    return service().tasks().lease(project="s~app", taskqueue="q", numTasks=1, leaseSecs=1000).execute()  # <- TQM011
