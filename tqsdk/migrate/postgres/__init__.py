"""PostgreSQL for pull queues: a table that keeps every rule, and the way to it and back.

::

    schema.sql     the tables
    *.sql          what a worker asks, a statement each: to be copied into any program
    statements.py  reads them
    queue.py       asks them with psycopg; needs nothing of ours but the statements
    database.py    which database an address names, and which of its queues
    target.py      stores what is moved there
    source.py      gives what is there, to move it back or to compare it
"""
