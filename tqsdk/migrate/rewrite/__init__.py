"""``tq migrate rewrite``: Python 3 programs, changed where that is certain, annotated where not.

``edits`` makes changes to LibCST's tree; ``compat`` and ``sdk`` decide which; ``programs`` reads
and writes.
"""
