from celery import Celery

app = Celery("app", broker="redis://")
app.conf.task_queues = [{"name": "mail"}]
app.conf.task_default_queue = "default"


@app.task(queue="mail", max_retries=3)
def send(task_id):
    return task_id


send.apply_async(args=[1], queue="mail", countdown=60)
