from multiprocessing import JoinableQueue

TaskQueue = JoinableQueue()
TaskQueue.put(("job", 1))
TaskQueue.join()
