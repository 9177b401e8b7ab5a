from google.appengine.ext import deferred


def work(x):
    return x


deferred.defer(work, 42, _countdown=30, _queue="default")
