"""Where tasks are kept: one file per technology, each a ``Store`` of ``emulator.engine.store``.

``group_commit`` runs units of work for any of them, many to a commit. SQL lies in ``sql/`` as
numbered migrations; the schema is their sum.
"""
