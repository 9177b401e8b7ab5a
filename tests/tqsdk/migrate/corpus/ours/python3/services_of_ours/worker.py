"""Without a word of the API but for its methods."""
from .connect import taskqueue_service as api


def remove(where, names):
    collection = api().tasks()
    for name in names:
        collection.delete(task=name, **where).execute()  # <- TQM017
