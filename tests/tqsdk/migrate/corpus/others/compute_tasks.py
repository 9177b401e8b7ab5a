"""Another service of Google's with tasks, under a name that is found out at run time."""
import sys

from googleapiclient.discovery import build

service = build(sys.argv[1], sys.argv[2])
service.tasks().list(parent=sys.argv[3]).execute()
