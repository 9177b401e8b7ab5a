from redis import Redis
from rq import Queue, Worker

queue = Queue("taskqueue", connection=Redis())
job = queue.enqueue(print, "x")
queue.fetch_job(job.id).delete()
Worker([queue]).work()
