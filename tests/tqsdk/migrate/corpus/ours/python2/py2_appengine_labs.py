from google.appengine.api.labs import taskqueue  # <- TQM101

try:
    taskqueue.add(queue_name='pull', payload=`42`, method='pull', transactional=True)  # <- TQM117
except taskqueue.TombstonedTaskError, e:  # <- TQM115
    pass
