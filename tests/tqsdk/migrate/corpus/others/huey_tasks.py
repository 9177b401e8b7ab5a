from huey import SqliteHuey

task_queue = SqliteHuey("taskqueue")


@task_queue.task(retries=2)
def add(a, b):
    return a + b


task_queue.pending()
task_queue.flush()
