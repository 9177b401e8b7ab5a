"""Whether the packages around this one are ours.

``discovery``, ``emulator`` and ``tqsdk`` are names that others use too, and PyPI's ``tqsdk`` is a
library for trading futures. Without this check a stranger's module shows up as an AttributeError
somewhere far away.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

_OURS = ("discovery", "emulator", "tqsdk")
_GROUND = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def refuse_strangers() -> None:
    """Make sure that each of our names means our package; imports none of them.

    Raises:
        ImportError: Another project's ``tqsdk`` is installed over ours, or one of our names finds
            a file that does not lie beside this package.
    """
    _refuse_the_other_tqsdk()
    for name in _OURS:
        spec = _spec(name)
        if spec is not None and not _is_ours(name, spec):
            file = spec.origin or _location(spec)
            raise ImportError(
                f"`import {name}` finds {file}, which is not part of the taskqueue-sdk "
                f"in {_GROUND}: rename or remove that file, or take its folder off the import path",
                name=name,
                path=file,
            )


def _refuse_the_other_tqsdk() -> None:
    if not any(_has_other_tqsdk(folder) for folder in sys.path):
        return
    # Only now: it takes a tenth of a command's start to import.
    from importlib.metadata import distribution

    stranger = distribution("tqsdk")
    file = str(stranger.locate_file("tqsdk/__init__.py"))
    raise ImportError(
        f"tqsdk {stranger.version}, another project with the same import name, is installed and "
        f"owns {file}: run `pip uninstall tqsdk`, then `pip install --force-reinstall "
        "taskqueue-sdk`",
        name="tqsdk",
        path=file,
    )


def _has_other_tqsdk(folder: str) -> bool:
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return False
    return any(
        name.lower().startswith("tqsdk-") and name.endswith((".dist-info", ".egg-info"))
        for name in names
    )


def _spec(name: str) -> ModuleSpec | None:
    """What ``import name`` would find, or has found already."""
    try:
        return find_spec(name)
    except ValueError:  # something in sys.modules that no import put there, such as a test's fake
        return None


def _is_ours(name: str, spec: ModuleSpec) -> bool:
    return os.path.realpath(_location(spec)) == os.path.join(_GROUND, name)


def _location(spec: ModuleSpec) -> str:
    """The folder of a package, the file of a module."""
    folders = spec.submodule_search_locations
    return next(iter(folders), "") if folders is not None else spec.origin or ""
