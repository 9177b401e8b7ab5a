"""Programs that are rewritten do as before: they print the same, and leave the same behind."""

from __future__ import annotations

import ast
import contextlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from googleapiclient import discovery

from tests.together.conftest import a_project
from tests.tqsdk.migrate import expected
from tqsdk import Client, NotFoundError
from tqsdk.compat import googleapi
from tqsdk.migrate.rewrite.programs import Rewriting, rewrite

# The project that all of them are written for.
PROJECT = "s~legacy-app"


@pytest.fixture(autouse=True)
def _closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what the programs leave open, as programs do that end when their work is done."""
    made: list[object] = []

    def remembering(original: Callable[..., None]) -> Callable[..., None]:
        def remember(self: object, *arguments: object, **settings: object) -> None:
            made.append(self)
            original(self, *arguments, **settings)

        return remember

    for kind in Client, discovery.Resource:
        monkeypatch.setattr(kind, "__init__", remembering(kind.__init__))
    yield
    googleapi.uninstall()
    for each in made:
        each.close()


@pytest.fixture
def run(server, monkeypatch) -> Callable[[str], tuple[str, list[object]]]:
    """Run a program on the server: what it printed, and what is stored afterwards."""
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", server.host)

    def run(text: str) -> tuple[str, list[object]]:
        project = a_project()
        out = io.StringIO()
        here = text.replace(PROJECT, f"s~{project}")
        with contextlib.redirect_stdout(out):
            exec(compile(here, "program", "exec", dont_inherit=True), {"__name__": "__main__"})
        return out.getvalue(), list(stored(project, texts_in(text)))

    return run


@pytest.fixture(scope="module")
def rewritten() -> Callable[[Path, str], str]:
    """A program of the corpus, rewritten to a target."""
    known: dict[str, Rewriting] = {}

    def rewritten(path: Path, to: str) -> str:
        if to not in known:
            known[to] = rewrite(expected.rewritable(to), to)
        return next(each.after for each in known[to].changes if each.path == path)

    return rewritten


@pytest.mark.parametrize("path", expected.rewritable("compat"), ids=lambda path: path.stem)
def test_a_program_rewritten_to_compat_does_as_before(run, rewritten, path):
    new = rewritten(path, "compat")
    googleapi.install()
    before = run(path.read_text())
    googleapi.uninstall()

    assert before[0], "it prints nothing, so that nothing is proven"
    assert "tqsdk.compat" in new
    assert run(new) == before


@pytest.mark.parametrize("path", expected.rewritable("tqsdk"), ids=lambda path: path.stem)
def test_a_program_rewritten_to_tqsdk_does_as_before(run, rewritten, path):
    new = rewritten(path, "tqsdk")
    googleapi.install()
    before = run(path.read_text())
    googleapi.uninstall()

    assert ".execute()" not in new.replace('tasklist="@default").execute()', "")
    assert run(new) == before


@pytest.mark.parametrize("to", ["tqsdk", "compat"])
def test_what_is_rewritten_is_rewritten_once(rewritten, tmp_path, to):
    for path in expected.rewritable(to):
        (tmp_path / path.name).write_text(rewritten(path, to))

    assert rewrite([tmp_path], to).changes == ()


def test_the_notes_are_left_once(tmp_path):
    for change in rewrite([expected.OURS / "python3"], "tqsdk").changes:
        (tmp_path / change.path.name).write_text(change.after)

    assert rewrite([tmp_path], "tqsdk").changes == ()


def test_what_is_rewritten_passes_a_type_checker(rewritten, tmp_path):
    for to in ("tqsdk", "compat"):
        package = tmp_path / f"to_{to}"
        package.mkdir()
        (package / "__init__.py").touch()
        for path in expected.rewritable(to):
            (package / path.name).write_text(rewritten(path, to))
    # compat's service has types, which dicts that were put together elsewhere do not fit.
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nignore_missing_imports = True\nfollow_imports = silent\n"
        "[mypy-to_compat.*]\ndisable_error_code = arg-type, typeddict-item, union-attr\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "mypy", f"--config-file={tmp_path / 'mypy.ini'}", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_nothing_of_others_is_touched():
    for to in ("tqsdk", "compat"):
        touched = [
            each.path.name
            for each in rewrite([expected.OTHERS], to).changes
            if each.path.name != "already_compat.py" or to == "compat"
        ]
        assert touched == []


def stored(project: str, texts: set[str]) -> Iterator[object]:
    """The tasks in all queues that a program can have meant, but for names that it did not give."""
    with Client(project) as client:
        for name in sorted(texts):
            with contextlib.suppress(NotFoundError, ValueError):
                queue = client.queue(name)
                for each in queue.list():
                    task = queue.get(each.name)
                    known = task.name if task.name in texts else None
                    yield name, known, task.payload, task.tag, task.retry_count


def texts_in(text: str) -> set[str]:
    constants = (each.value for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Constant))
    return {
        each
        for each in constants
        if isinstance(each, str) and each.isprintable() and 0 < len(each) < 40
    }
