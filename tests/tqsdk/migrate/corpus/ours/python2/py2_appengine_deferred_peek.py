from google.appengine.api import taskqueue  # <- TQM101

rpc = taskqueue.create_rpc(deadline=10)  # <- TQM114
queue = taskqueue.Queue(name='pull')  # <- TQM102
queue.lease_tasks_async(0, 10, rpc=rpc)  # <- TQM107
later = queue.lease_tasks_async(lease_seconds=0, max_tasks=10)  # <- TQM107
print [t.name for t in later.get_result()]  # <- TQM114
