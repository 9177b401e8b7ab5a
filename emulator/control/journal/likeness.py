"""Which name may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

_LONGEST = 200


def closest(name: str, among: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The one *among* some names that is most like *name*, if one is.

    Args:
        name: What was written.
        among: What may have been meant.
        alike: How much they must have in common, from 0 to 1. Capitals, underscores and hyphens
            do not count.
    """
    plain = {_plain(each): each for each in among if each != name}
    found = get_close_matches(_plain(name), plain, n=1, cutoff=alike)
    return plain[found[0]] if found else None


@lru_cache(4_096)
def likeness(one: str, other: str) -> float:
    """How much two texts have in common, from 0 to 1."""
    return SequenceMatcher(None, _plain(one), _plain(other)).ratio()


def _plain(name: str) -> str:
    return name[:_LONGEST].lower().replace("_", "").replace("-", "")
