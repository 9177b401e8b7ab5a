"""That the queue is one of pull is in queue.yaml only."""
from google.appengine.api import taskqueue


def how_many():
    return taskqueue.Queue("pull-queue").fetch_statistics().tasks  # <- TQM102 TQM112
