# -*- coding: latin-1 -*-
# é
import urllib2

URL = 'https://www.googleapis.com/taskqueue/v1beta1/projects/%s/taskqueues/%s'  # <- TQM030


def stats(project, queue):
    print urllib2.urlopen(URL % (project, queue) + '?getStats=true').read()
