"""Imported before all else here: makes sure that ``discovery`` and ``tqsdk`` are this project's."""

try:
    from discovery.identity import refuse_strangers
except ImportError as _error:
    import discovery

    raise ImportError(
        f"{discovery.__file__} is not the `discovery` package of taskqueue-sdk, but hides it: "
        "rename or remove it, or install taskqueue-sdk into a virtual environment of its own"
    ) from _error

refuse_strangers()
