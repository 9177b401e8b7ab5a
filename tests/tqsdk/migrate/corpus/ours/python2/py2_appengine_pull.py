from google.appengine.api import taskqueue  # <- TQM101
import webapp2

q = taskqueue.Queue('pull-queue')  # <- TQM102


class Add(webapp2.RequestHandler):
    def post(self):
        q.add(taskqueue.Task(payload=self.request.body, method='PULL', countdown=60))  # <- TQM103 TQM104


class Work(webapp2.RequestHandler):
    def get(self):
        tasks = q.lease_tasks(3600, 100)  # <- TQM105
        for t in tasks:
            print t.payload
        q.delete_tasks(tasks)  # <- TQM110
