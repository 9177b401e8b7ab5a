from google.appengine.api import taskqueue
from google.appengine.api import memcache

try:
    taskqueue.Task(url='/x', method='POST').add()
except taskqueue.Error, e:
    print e
