from google.appengine.api import taskqueue

taskqueue.Queue("somewhere").purge()  # <- TQM118
