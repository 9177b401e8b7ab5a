"""``tq migrate rehearse``: a switch from one queue to another, played before it is made.

::

    plan.py      which mode holds when
    stage.py     two servers of ours, with faults, and the time that all share
    players.py   programs that insert and that work, each with a bridge of its own
    play.py      plays the plan, and says what was lost and what was done twice

The servers are started as commands, for this package knows nothing of them but the API.
"""
