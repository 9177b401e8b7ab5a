"""Write ``wire_types.py`` and ``service_types.py`` from the document.

``python -m discovery.derive``; with ``--check`` nothing is written, and a stale file is an error,
shown as a diff.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

from discovery.contract import Contract, Property, load
from discovery.derive_service import service_types

_FOLDER = Path(__file__).parent
_PYTHON_TYPES = {"string": "str", "integer": "int", "boolean": "bool"}
_BANNER = '''\
# Derived from taskqueue.{version}.json by `python -m discovery.derive`. Do not edit.
"""The bodies of the API as they stand in JSON: wire names, every member optional."""

from __future__ import annotations

from typing import TypedDict
'''


def main(arguments: Sequence[str] | None = None, *, folder: Path = _FOLDER) -> int:
    """Write or check the modules in *folder*; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m discovery.derive",
        description="Write the derived modules of discovery/ from the discovery document.",
    )
    parser.add_argument("--check", action="store_true", help="fail if a file is stale")
    check = parser.parse_args(arguments).check
    status = 0
    for name, source in derived(load()).items():
        target = folder / name
        if check:
            status |= _check(target, source)
        else:
            target.write_text(source, encoding="utf-8")
    return status


def derived(contract: Contract) -> Mapping[str, str]:
    """Each module's source, by its file's name."""
    return {
        "wire_types.py": wire_types(contract),
        "service_types.py": service_types(contract),
    }


def wire_types(contract: Contract) -> str:
    """The source of a module with one TypedDict for each object in the contract's schemas."""
    classes = [
        lines
        for schema in contract.schemas.values()
        for lines in _classes(schema.id, schema.properties)
    ]
    return "\n\n".join([_BANNER.format(version=contract.version), *classes])


def _check(target: Path, fresh: str) -> int:
    found = target.read_text(encoding="utf-8") if target.exists() else ""
    if found == fresh:
        return 0
    print(f"{target} is stale: run `python -m discovery.derive`", file=sys.stderr)
    diff = unified_diff(found.splitlines(), fresh.splitlines(), "found", "derived", lineterm="")
    print("\n".join(diff), file=sys.stderr)
    return 1


def _classes(name: str, properties: Mapping[str, Property]) -> Iterator[str]:
    """The class *name*, after those of the objects that are described inside it."""
    for each in properties.values():
        if each.properties:
            yield from _classes(_nested(name, each), each.properties)
    members = "".join(_member(name, each) for each in properties.values())
    yield f"class {name}(TypedDict, total=False):\n{members}"


def _member(owner: str, property: Property) -> str:
    remark = f"  # {property.format}" if property.format else ""
    return f"    {property.name}: {_annotation(owner, property)}{remark}\n"


def _annotation(owner: str, property: Property) -> str:
    if property.ref:
        return property.ref
    if property.items:
        return f"list[{_annotation(owner, property.items)}]"
    if property.properties:
        return _nested(owner, property)
    return _PYTHON_TYPES[property.type]


def _nested(owner: str, property: Property) -> str:
    return owner + property.name[0].upper() + property.name[1:]


if __name__ == "__main__":
    sys.exit(main())
