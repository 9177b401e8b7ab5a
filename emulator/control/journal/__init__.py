"""The journal: the last requests for Google's API, with their answers.

``record`` keeps both, packed, and does nothing else, because that has to cost an insert next to
nothing. What an entry means is made out when somebody asks: ``reading`` says what was called,
``unread`` what was sent in vain, ``miss`` why it was refused, ``life`` what became of a task.
``methods`` and ``stream`` serve all that, and ``redaction`` keeps secrets out of it.
"""
