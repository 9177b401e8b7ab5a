from google.appengine.api.taskqueue import Queue, QueueStatistics, Task  # <- TQM101

queue = Queue('pull-names')  # <- TQM102
task = Task(name='only-once', payload='x', method='PULL', tag='t')  # <- TQM103
queue.add(task)  # <- TQM104
queue.delete_tasks_by_name(['a', 'b'])  # <- TQM111
stats = queue.fetch_statistics()  # <- TQM112
print QueueStatistics.fetch('pull-names').tasks  # <- TQM112
queue.purge()  # <- TQM113
if stats.tasks <> 0:
    print 'left'
