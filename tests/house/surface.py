"""What users may rely on, one line for each name: ``python -m tests.house.surface`` writes it down.

The file is compared with the code by ``test_public_surface``. A change of it belongs into
CHANGELOG.md too.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Container, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

FILE = Path(__file__).with_name("public_surface.txt")

# The names of a module are those in its __all__, or else those that are defined there. The classes
# of tqsdk.compat.errors are Google's where they can be.
MODULES = (
    "tqsdk",
    "tqsdk.aio",
    "tqsdk.auth",
    "tqsdk.calls",
    "tqsdk.codecs",
    "tqsdk.compat.discovery",
    "tqsdk.compat.googleapi",
    "tqsdk.testing",
)


def lines() -> Iterator[str]:
    """Every public name, with what it takes."""
    names = {
        f"{module}.{name}": value
        for module in MODULES
        for name, value in public_names(importlib.import_module(module)).items()
    }
    classes = {value for value in names.values() if inspect.isclass(value)}
    for path, value in names.items():
        if value in classes:
            yield from described(path, value, classes)
        else:
            yield path + taken(value)


def public_names(module: ModuleType) -> dict[str, Any]:
    """The names that a module has for its users."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        passed_on = set(names_passed_on(module))
        listed = [
            name
            for name, value in vars(module).items()
            if not (name.startswith("_") or isinstance(value, TypeVar))
            and (name in passed_on or getattr(value, "__module__", None) == module.__name__)
        ]
    return {name: getattr(module, name) for name in sorted(listed)}


def names_passed_on(module: ModuleType) -> Iterator[str]:
    """Those that are imported as ``from x import Name as Name``."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom):
            yield from (each.name for each in node.names if each.name == each.asname)


def described(path: str, kind: type, public: Container[type]) -> Iterator[str]:
    """A line for a class, and one for each member that is not described with a base of it."""
    bases = ", ".join(each.__name__ for each in kind.__bases__ if each is not object)
    yield f"class {path}({bases})"
    for name, member in sorted(members(kind, public).items()):
        yield f"{path}.{name}{taken(member)}"


def members(kind: type, public: Container[type]) -> dict[str, Any]:
    """What a class has of its own, or from bases of ours that are not public themselves."""
    own: dict[str, Any] = {}
    for each in reversed(kind.__mro__):
        if each is kind or (each.__module__.startswith("tqsdk.") and each not in public):
            own |= dict.fromkeys(inspect.get_annotations(each))
            own |= vars(each)
    if getattr(kind, "_is_protocol", False):
        own.pop("__init__")
    return {name: own[name] for name in own if name == "__init__" or not name.startswith("_")}


def taken(member: Any) -> str:
    """The parameters of a function, or the type of a property; nothing for what is neither."""
    if isinstance(member, property):
        return f": {inspect.signature(member.fget).return_annotation}"
    if isinstance(member, classmethod | staticmethod):
        member = member.__func__
    return signature(member) if inspect.isfunction(member) else ""


def signature(function: Any) -> str:
    """As it stands in the source, but for defaults that are objects."""
    found = inspect.signature(function)
    plain = found.replace(
        parameters=[
            each.replace(annotation=Plain(each.annotation))
            if each.annotation != each.empty
            else each
            for each in found.parameters.values()
        ],
        return_annotation=Plain(found.return_annotation),
    )
    return re.sub(r" at 0x[0-9a-f]+", "", str(plain))


class Plain(str):
    """An annotation, which is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def text() -> str:
    """The file as it should be."""
    return "".join(f"{line}\n" for line in lines())


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
