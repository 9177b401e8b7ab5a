"""Whether a server is ready, asked from outside; what ``tq-emulator wait`` does again and again.

Apart from the command line, because the client of the standard library takes a tenth of the time
in which ``tq-emulator serve`` starts.
"""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path


def trouble_at(url: str, ca: Path | None) -> str | None:
    """Why the server at *url* is not ready, or None if it is.

    Args:
        url: Without a path.
        ca: A certificate to trust beside those of the machine.
    """
    try:
        # Read each time: the server may be about to write it.
        trusted = None if ca is None else ssl.create_default_context(cafile=ca)
        with urllib.request.urlopen(f"{url.rstrip('/')}/readyz", timeout=2, context=trusted):
            return None
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error)
