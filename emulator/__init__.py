"""A durable pull-queue server that speaks Google's Task Queue REST API (taskqueue/v1beta2).

Map: ``engine`` (the rules), ``storage`` (where tasks are kept), ``rest`` (the wire), ``auth`` (who
may call), ``service`` (all of it joined), ``app`` (as a Flask application), ``serve`` (as a process
that answers), ``command`` (for as long as a command runs), ``intercept`` (for one that knows
Google's address only), ``config`` and ``cli`` (how users say what they want), ``testing`` (what
tests of queue users need).
"""

try:
    from discovery.identity import refuse_strangers
except ImportError as error:
    import discovery

    raise ImportError(
        f"{discovery.__file__} is not the `discovery` package of taskqueue-sdk, but hides it: "
        "rename or remove it, or install taskqueue-sdk into a virtual environment of its own"
    ) from error

refuse_strangers()
