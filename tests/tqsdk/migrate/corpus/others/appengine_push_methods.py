from google.appengine.api.taskqueue import Task

for method in ("POST", "GET", "PUT"):
    Task(url="/x", method=method).add(queue_name="default")
