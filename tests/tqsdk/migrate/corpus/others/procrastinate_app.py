import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector())


@app.task(queue="taskqueue", retry=5)
def work(retry_count):
    return retry_count
