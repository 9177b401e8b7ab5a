"""Which mode holds when: ``old:300,back:60,dual:600,drain:600,dual:600,drain:600,new:300``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from tqsdk.errors import ConfigError
from tqsdk.migrate.bridge.modes import Mode, steps
from tqsdk.migrate.bridge.switch import mode_of

# An hour: there, half of the way back, and there.
USUAL = "old:300,back:120,dual:780,drain:600,dual:600,drain:600,new:600"


@dataclass(frozen=True, slots=True)
class Scene:
    """A mode, and for how many seconds it holds."""

    mode: Mode
    seconds: int


def read(text: str) -> list[Scene]:
    """The scenes of a plan.

    Raises:
        ConfigError: It is none, or leaves out a mode on the way from one to the next.
    """
    scenes = [_scene(word) for word in text.split(",")]
    for before, after in pairwise(scenes):
        path = steps(before.mode, after.mode)
        if len(path) != 1:
            between = ", ".join(mode.value for mode in path[:-1]) or "nothing to change"
            raise ConfigError(
                f"the plan goes from {before.mode.value} to {after.mode.value} at once; between"
                f" them is {between}"
            )
    return scenes


def _scene(word: str) -> Scene:
    mode, colon, seconds = word.strip().partition(":")
    if not colon or not seconds.isdecimal() or not int(seconds):
        raise ConfigError(f"the plan has {word.strip()!r}; a scene is MODE:SECONDS, as in {USUAL}")
    return Scene(mode_of(mode, "the plan"), int(seconds))
