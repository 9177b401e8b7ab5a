from google.appengine.api import taskqueue

taskqueue.add(url="/work", params={"key": "x"})
queue = taskqueue.Queue("push-work")
queue.add(taskqueue.Task(url="/work", params={"a": "b"}))
queue.purge()
try:
    taskqueue.add(url="/other", countdown=10, transactional=True)
except taskqueue.TaskAlreadyExistsError:
    pass
