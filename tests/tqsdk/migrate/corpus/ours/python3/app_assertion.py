import httplib2
from googleapiclient import discovery  # <- TQM001
from oauth2client.contrib.appengine import AppAssertionCredentials

credentials = AppAssertionCredentials("https://www.googleapis.com/auth/taskqueue.consumer")  # <- TQM005 TQM006
service = discovery.build("taskqueue", "v1beta2", http=credentials.authorize(httplib2.Http()))  # <- TQM002
service.tasks().delete(project="s~app", taskqueue="q", task="t").execute()  # <- TQM017
