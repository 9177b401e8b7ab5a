import requests


def fetch(url, taskqueue=None):
    retry_count = {"retry_count": 0}
    while retry_count["retry_count"] < 3:
        retry_count["retry_count"] += 1
        if requests.get(url).ok:
            return retry_count.get("retry_count")
    return None
