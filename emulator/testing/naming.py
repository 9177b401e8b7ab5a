"""Names of projects that say which test they are of."""

from __future__ import annotations

import re
import uuid

_MOST_READABLE = 60


def project_of(test: str) -> str:
    """A project id that no other test has, in this process or another.

    Args:
        test: The test's name.
    """
    readable = re.sub("[^a-z0-9]+", "-", test.lower()).strip("-")[:_MOST_READABLE]
    return f"{readable or 'test'}-{uuid.uuid4().hex[:12]}"
