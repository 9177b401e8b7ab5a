"""A durable pull-queue server that speaks Google's Task Queue REST API (taskqueue/v1beta2).

Map: ``engine`` (the rules), ``storage`` (where tasks are kept), ``rest`` (the wire), ``auth`` (who
may call), ``service`` (all of it joined), ``app`` (as a Flask application), ``serve`` (as a process
that answers), ``command`` (for as long as a command runs), ``intercept`` (for one that knows
Google's address only), ``config`` and ``cli`` (how users say what they want), ``testing`` (what
tests of queue users need).

``with emulator.running() as server:`` is a server for a test.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.testing.running import running as running

try:
    from discovery.identity import refuse_strangers
except ImportError as error:
    import discovery

    raise ImportError(
        f"{discovery.__file__} is not the `discovery` package of taskqueue-sdk, but hides it: "
        "rename or remove it, or install taskqueue-sdk into a virtual environment of its own"
    ) from error

refuse_strangers()


def __getattr__(name: str) -> object:
    """``running``, whose modules are read when somebody asks for it."""
    if name != "running":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from emulator.testing.running import running

    return running
