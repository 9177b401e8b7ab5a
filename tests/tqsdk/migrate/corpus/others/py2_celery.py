from celery.task import task


@task(queue='taskqueue')
def work(x):
    print x
    try:
        return work.retry(countdown=60)
    except work.MaxRetriesExceededError, e:
        return `e`
