import queue

task_queue = queue.Queue(maxsize=10)
task_queue.put("x")
print(task_queue.get())
task_queue.task_done()
