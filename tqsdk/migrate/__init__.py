"""``tq migrate``: finds the programs that use the API, and changes them. Extra ``[migrate]``.

::

    files.py       which files there are, and what each may be
    syntax.py      a small tree of a Python program, the same for both generations
    python3.py     makes it with LibCST, python2.py with tree-sitter's grammar
    flow.py        follows services, requests and tasks through that tree; look.py: one look at it
    googleclient.py, appengine.py   what is found on the way, of the two ways to call the API
    languages.py   Java, Go, PHP, JavaScript and Ruby, by pattern; configuration.py: queue files
    rules.py       every kind of finding; targets.py: what a target lacks
    scan.py        joins all that; report.py, sarif.py: how it looks
    rewrite/       changes Python 3 programs; queues/: converts definitions of queues

Nothing else of ``tqsdk`` imports this package.
"""
