from google.appengine.api import taskqueue  # <- TQM101


def waiting(tag):
    """A lease for no time shows what is there."""
    return len(taskqueue.Queue('pull').lease_tasks_by_tag(0, 1000, tag)) or 0L  # <- TQM102 TQM107
