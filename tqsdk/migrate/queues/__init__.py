"""``tq migrate queues``: the definition of pull queues, for other systems.

``conversion`` chooses; one file for each system. Whatever has no equal there is said.
"""
