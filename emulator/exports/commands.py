"""``tq-emulator export``, ``import`` and ``backup``: what is done to a store without its server."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from discovery.jsonl import JsonlError, Lines
from emulator.config import DEFAULT_STORE, SettingsError, sqlite_path
from emulator.engine.errors import EngineError
from emulator.exports.progress import Progress, watched
from emulator.storage.errors import StoreBusyError, StoreOpenError

_F = TypeVar("_F", bound=Callable[..., Any])

_CHUNK_BYTES = 1 << 16


def _store_option(command: _F) -> _F:
    return click.option(
        "--store",
        default=DEFAULT_STORE,
        envvar="TQ_EMULATOR_STORE",
        show_envvar=True,
        show_default=True,
        help="The store: sqlite:///FILE.",
    )(command)


@click.command()
@_store_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    default="-",
    help="The file to write, replaced when it is whole; by default standard output.",
)
def export(store: str, out: Path) -> None:
    """Write all that a store holds, as JSON Lines, while a server goes on with it or not."""
    from emulator.engine.clock import SystemClock
    from emulator.exports.lines import spelled
    from emulator.files import rewritten
    from emulator.storage.sqlite import view_sqlite

    with _troubles(out):
        path = _file_of(store)
        _refuse_to_overwrite(path, out)
        target: AbstractContextManager[BinaryIO]
        target = nullcontext(sys.stdout.buffer) if str(out) == "-" else rewritten(out)
        with view_sqlite(path) as view, target as file:
            progress = Progress("exported", "lines", say=_say)
            for line in progress.over(spelled(view, machine=SystemClock())):
                file.write(line)
            file.flush()
    _say(f"exported {progress.count} lines")


@click.command("import")
@_store_option
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--merge", is_flag=True, help="Add what the store has not, rather than replace all it has."
)
def import_(store: str, file: Path, merge: bool) -> None:
    """Put what FILE has, an export or one written by hand, in the place of all that a store holds.

    FILE is checked whole before the store is touched; - is standard input. No server may have the
    store: to import into one that runs, POST the file to its control API.
    """
    from emulator.engine.clock import SystemClock
    from emulator.exports.lines import check, merging, replacing
    from emulator.storage.sqlite import open_sqlite

    with _troubles(file), _readable(file) as path:
        target = _file_of(store)

        def source(doing: str) -> Callable[[], AbstractContextManager[Lines]]:
            return lambda: watched(path, Progress(doing, "lines", say=_say))

        check(source("checked"))
        unit = (merging if merge else replacing)(source("imported"), machine=SystemClock())
        with closing(open_sqlite(target, durability="full")) as opened:
            restored = opened.run(unit)
    taken = f", names that were taken: {restored.skipped}" if merge else ""
    _say(f"imported tasks: {restored.tasks}, tombstones: {restored.tombstones}{taken}")


@click.command()
@_store_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(store: str, file: Path) -> None:
    """Copy a store to FILE, as it is at this instant, while a server goes on with it or not."""
    from emulator.storage.backup import back_up

    with _troubles(file):
        path = _file_of(store)
        _refuse_to_overwrite(path, file)
        progress = Progress("copied", "pages", say=_say)
        back_up(path, file, report=progress.tell)
    _say(f"backed up to {file}, {file.stat().st_size} bytes")


@contextmanager
def _readable(file: Path) -> Iterator[Path]:
    """*file* as one that can be read twice, which standard input cannot."""
    if str(file) != "-":
        yield file
        return
    with tempfile.NamedTemporaryFile() as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept, _CHUNK_BYTES)
        kept.flush()
        yield Path(kept.name)


def _file_of(store: str) -> Path:
    """The file of a store.

    Raises:
        SettingsError: It is no address, or that of memory.
    """
    path = sqlite_path(store)
    if path is None:
        raise SettingsError("a store in memory is its server's alone: use sqlite:///FILE")
    return path


def _refuse_to_overwrite(store: Path, out: Path) -> None:
    """Keep a slip of the hand from replacing a store, or a device, by a file.

    Raises:
        SettingsError: *out* is one of them.
    """
    if not out.exists():
        return
    if store.exists() and out.samefile(store):
        raise SettingsError(f"{out} is the store itself: name another file")
    if str(out) != "-" and not out.is_file():
        raise SettingsError(
            f"{out} is no file that could be replaced: use a file, or standard output"
        )


@contextmanager
def _troubles(file: Path) -> Iterator[None]:
    """Turn what can go wrong into one line, and an exit code."""
    try:
        yield
    except StoreBusyError as error:
        _fail(
            f"{error}; or give what you import to the server that has it:"
            f" curl --data-binary @{file} URL/_emulator/v1/import",
            code=1,
        )
    except JsonlError as error:
        _fail(f"{file}: {error}", code=2)
    except EngineError as error:
        _fail(error, code=1)
    except (SettingsError, StoreOpenError) as error:
        _fail(error, code=2)
    except BrokenPipeError:
        raise  # click ends quietly when nobody reads on
    except OSError as error:
        _fail(f"{file}: {error.strerror}", code=2)


def _say(text: str) -> None:
    click.echo(f"tq-emulator: {text}", err=True)


def _fail(trouble: object, *, code: int) -> None:
    _say(str(trouble))
    sys.exit(code)
