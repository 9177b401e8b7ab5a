"""Export and import: all that a server remembers, as one file, out and in.

No discovery document describes them, since what goes over the wire is no JSON but lines of it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial

from discovery.jsonl import JsonlError
from emulator.control.contents import Contents
from emulator.control.gate import Gate
from emulator.engine.errors import EngineError
from emulator.exports.lines import Restored
from emulator.rest import errors, render
from emulator.rest.envelope import decompress
from emulator.rest.errors import WireError
from emulator.rest.messages import Job, Request, Response, Stream
from emulator.rest.parse import Pairs, query_pairs

EXPORT_PATH = "/_emulator/v1/export"
IMPORT_PATH = "/_emulator/v1/import"

MOST_IMPORT_BYTES = 64 << 20

_CHUNK_BYTES = 1 << 16

_MODES = ("replace", "merge")

# Those that stand for the header Authorization.
_TOKENS = {"access_token", "oauth_token"}

_KIND = (
    ("content-type", "application/jsonl"),
    ("content-disposition", 'attachment; filename="taskqueue.jsonl"'),
)
_SAFETY = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"))


class Transfer:
    """A ``Site`` that answers for both paths."""

    def __init__(self, gate: Gate, contents: Contents) -> None:
        self._gate = gate
        self._contents = contents

    def __call__(self, request: Request) -> Response | Job | None:
        """Answer an export or an import, and nothing else.

        Raises:
            WireError: The caller is not let in, or the query is wrong.
        """
        if request.path == EXPORT_PATH and request.verb in ("GET", "HEAD"):
            serve = self._export
        elif request.path == IMPORT_PATH and request.verb == "POST":
            serve = self._import
        else:
            return None
        pairs = query_pairs(request.query, b"")
        self._gate.admit(request, pairs)
        return serve(request, tuple(pair for pair in pairs if pair[0] not in _TOKENS))

    def _export(self, request: Request, pairs: Pairs) -> Response | Job:
        for name, _ in pairs:
            raise errors.unknown_parameter(name)
        if request.verb == "HEAD":
            return Response(200, _KIND)
        return Job(partial(_settled, self._stream))

    def _stream(self) -> Stream:
        chunks = _chunks(self._contents)
        first = next(chunks)  # while trouble with the store can still be the answer
        # What is around other answers is not around a stream.
        return Stream(Response(200, (*_KIND, *_SAFETY)), _joined(first, chunks))

    def _import(self, request: Request, pairs: Pairs) -> Job:
        mode = _mode(pairs)
        if request.body is None:
            raise errors.body_too_large(MOST_IMPORT_BYTES)
        body = request.body
        return Job(partial(_settled, lambda: self._put(request, body, mode)))

    def _put(self, request: Request, body: bytes, mode: str) -> Response:
        source = partial(io.BytesIO, decompress(request, body, MOST_IMPORT_BYTES))
        put = self._contents.merge if mode == "merge" else self._contents.replace
        return _shown(put(source))


def _mode(pairs: Pairs) -> str:
    for name, _ in pairs:
        if name != "mode":
            raise errors.unknown_parameter(name)
    if len(pairs) > 1:
        raise errors.repeated_parameter("mode")
    mode = pairs[0][1] if pairs else "replace"
    if mode not in _MODES:
        raise errors.invalid_parameter(
            "mode", f"Invalid string value: {mode[:80]!a}. Allowed values: [{', '.join(_MODES)}]"
        )
    return mode


def _settled(make: Callable[[], Response | Stream]) -> Response | Stream:
    """What *make* makes, or its refusal."""
    try:
        return make()
    except JsonlError as error:
        return render.error_response(errors.broken_export(str(error)))
    except EngineError as error:
        return render.error_response(errors.refusal(error, "emulator.import"))
    except WireError as error:
        return render.error_response(error)


def _chunks(contents: Contents) -> Generator[bytes]:
    """The file, in pieces that are worth sending."""
    with contents.lines() as lines:
        chunk = bytearray()
        for line in lines:
            chunk += line
            if len(chunk) >= _CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
        yield bytes(chunk)


def _joined(first: bytes, rest: Generator[bytes]) -> Generator[bytes]:
    with closing(rest):
        yield first
        yield from rest


def _shown(restored: Restored) -> Response:
    return render.json_response(
        {
            "tasks": str(restored.tasks),
            "tombstones": str(restored.tombstones),
            "skipped": str(restored.skipped),
        }
    )
