"""Cloud Tasks in the place of pull queues, and the way to it and back.

::

    service.py  calls it, with Google's library, or its emulator
    tasks.py    a record as a task, and a task as a record
    claims.py   where payloads go that are too large for a task
    target.py   creates what is moved there
    source.py   lists what is there, to move it back or to compare it
"""
