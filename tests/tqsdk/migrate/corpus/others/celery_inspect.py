from celery import current_app

print(current_app.tasks.get("x"))
inspect = current_app.control.inspect()
print(inspect.active_queues(), current_app.amqp.queues)
retry_count = 3
task_queue = "x"
