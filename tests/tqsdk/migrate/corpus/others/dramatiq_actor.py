import dramatiq


@dramatiq.actor(queue_name="taskqueue", max_retries=3)
def work(payload):
    print(payload)


work.send_with_options(args=("x",), delay=1000)
