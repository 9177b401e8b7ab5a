# rewrite: compat
import functools
from googleapiclient.discovery import build  # <- TQM001

make = functools.partial(build, "taskqueue", "v1beta2")  # <- TQM002
collection = getattr(make(), "tasks")()
listing = collection.list(project="s~legacy-app", taskqueue="g")  # <- TQM019
print("items" in listing.execute())  # <- TQM022
