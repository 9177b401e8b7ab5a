"""Where everybody gets the service from."""
from googleapiclient.discovery import build  # <- TQM001

_cache = {}


def taskqueue_service():
    if "service" not in _cache:
        _cache["service"] = build("taskqueue", "v1beta2")  # <- TQM002
    return _cache["service"]
