"""Snapshots: all that a server remembers, kept under a name, and put back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from discovery import jsonl
from discovery.jsonl import Header, JsonlError
from emulator.control.contents import Contents
from emulator.control.serving import Variables, serving
from emulator.engine.clock import LATEST
from emulator.exports.shelf import Shelf, SnapshotNotFoundError, is_snapshot_name
from emulator.rest import errors
from emulator.rest.endpoint import Serve, Slow
from emulator.rest.parse import Arguments
from emulator.rest.render import Members
from emulator.rest.times import rfc3339


def handlers(contents: Contents, shelf: Shelf) -> dict[str, Serve]:
    """The methods of the resource ``snapshots``, which stand on *shelf*."""
    snapshots = _Snapshots(contents, shelf)
    return {
        "emulator.snapshots.list": lambda *_: Slow(snapshots.list),
        "emulator.snapshots.save": _named(snapshots.save),
        "emulator.snapshots.load": _named(snapshots.load),
        "emulator.snapshots.delete": _named(snapshots.delete),
    }


def _named(serve: Callable[[str], Members | None]) -> Serve:
    """Serve the snapshot that the path names."""

    def named(variables: Variables, arguments: Arguments) -> Slow:
        name = variables["snapshot"]
        if not is_snapshot_name(name):
            raise errors.invalid_snapshot_name(name)
        return Slow(partial(_found, serve, name))

    return serving(named)


def _found(serve: Callable[[str], Members | None], name: str) -> Members | None:
    try:
        return serve(name)
    except SnapshotNotFoundError as error:
        raise errors.no_such_snapshot(name) from error
    except JsonlError as error:
        raise errors.broken_export(str(error)) from error


class _Snapshots:
    """What the methods do, each in a thread."""

    def __init__(self, contents: Contents, shelf: Shelf) -> None:
        self._contents = contents
        self._shelf = shelf

    def list(self) -> Members:
        """snapshots.list"""
        items = [each for name in self._shelf.names() if (each := self._listed(name)) is not None]
        return {"items": items} if items else {}

    def save(self, name: str) -> Members:
        """snapshots.save"""
        with self._contents.lines() as lines, self._shelf.write(name) as file:
            file.writelines(lines)
        return self._members(name)

    def load(self, name: str) -> Members:
        """snapshots.load"""
        with self._shelf.open(name) as file:
            restored = self._contents.replace(partial(_from_its_beginning, file))
            return _members(name, file) | _counts(restored.tasks, restored.tombstones)

    def delete(self, name: str) -> None:
        """snapshots.delete"""
        self._shelf.remove(name)

    def _members(self, name: str) -> Members:
        with self._shelf.open(name) as file:
            return _members(name, file)

    def _listed(self, name: str) -> Members | None:
        """A line of the list; None if it was deleted meanwhile."""
        try:
            return self._members(name)
        except SnapshotNotFoundError:
            return None
        except JsonlError:  # load says what is wrong with it
            return {"name": name}


@contextmanager
def _from_its_beginning(file: BinaryIO) -> Iterator[BinaryIO]:
    """*file*, which stays what it was opened as, though it may be replaced or deleted meanwhile."""
    file.seek(0)
    yield file


def _members(name: str, file: BinaryIO) -> Members:
    file.seek(0)
    header, trailer = jsonl.summary(file)
    return {
        "name": name,
        **_saved_at(header),
        **({} if trailer is None else _counts(trailer.tasks, trailer.tombstones)),
        "bytes": str(file.seek(0, io.SEEK_END)),
    }


def _saved_at(header: Header) -> Members:
    # A file that was written by hand may claim to be of a year that no calendar has.
    if header.written_at is None or header.written_at > LATEST:
        return {}
    return {"savedAt": rfc3339(header.written_at)}


def _counts(tasks: int, tombstones: int) -> Members:
    return {"tasks": str(tasks), "tombstones": str(tombstones)}
