"""``tq-emulator export``, ``import`` and ``backup``, in this process."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from discovery import jsonl
from emulator.cli import main
from emulator.exports.progress import Progress, watched
from emulator.storage.sqlite import open_sqlite

BY_HAND = """\
{"format": "taskqueue-jsonl", "version": 1, "project": "p", "queue": "q", "trailer": false}
{"name": "a", "payload": "hello"}
{"name": "b", "payload": "later", "tag": "red"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TQ_EMULATOR_STORE", raising=False)
    Path("by-hand.jsonl").write_text(BY_HAND)
    return tmp_path


def attempted(*arguments: str, content: str | None = None, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(main, arguments, input=content)


def run(*arguments: str, content: str | None = None, **variables: str) -> Result:
    done = attempted(*arguments, content=content, **variables)
    assert done.exit_code == 0, done.output
    return done


def names_in(content: str) -> list[str]:
    return [line.name for line in jsonl.read(io.BytesIO(content.encode()))[1]]


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    return text


def test_an_export_is_a_file_or_goes_to_standard_output():
    run("import", "by-hand.jsonl")

    piped, written = run("export"), run("export", "--out", "out.jsonl")

    assert names_in(piped.stdout) == names_in(Path("out.jsonl").read_text()) == ["a", "b"]
    assert written.stdout == ""
    assert piped.stderr == written.stderr == "tq-emulator: exported 4 lines\n"


def test_an_import_replaces_or_merges():
    other = BY_HAND.replace('"b"', '"c"')

    assert run("import", "by-hand.jsonl").stderr == (
        "tq-emulator: imported tasks: 2, tombstones: 0\n"
    )
    assert run("import", "-", "--merge", content=other).stderr == (
        "tq-emulator: imported tasks: 1, tombstones: 0, names that were taken: 1\n"
    )
    assert names_in(run("export").stdout) == ["a", "b", "c"]
    run("import", "-", content=other)
    assert names_in(run("export").stdout) == ["a", "c"]


def test_an_export_goes_from_store_to_store():
    run("import", "by-hand.jsonl")
    content = run("export").stdout

    run("import", "--store", "sqlite:///other.db", "-", content=content)

    again = run("export", TQ_EMULATOR_STORE="sqlite:///other.db").stdout
    assert again.splitlines()[1:-1] == content.splitlines()[1:-1]


def test_a_backup_is_a_store():
    run("import", "by-hand.jsonl")

    said = run("backup", "copy.db").stderr

    assert said == f"tq-emulator: backed up to copy.db, {Path('copy.db').stat().st_size} bytes\n"
    assert names_in(run("export", "--store", "sqlite:///copy.db").stdout) == ["a", "b"]


def test_an_import_needs_the_store_for_itself():
    store = open_sqlite("taskqueue.db", durability="off")

    done = attempted("import", "by-hand.jsonl")

    store.close()
    assert done.exit_code == 1
    assert "taskqueue.db is served by another process" in one_line(done.stderr)
    assert "curl --data-binary @by-hand.jsonl URL/_emulator/v1/import" in done.stderr


def test_a_bad_line_is_named_and_the_store_is_as_it_was():
    run("import", "by-hand.jsonl")
    before = run("export").stdout.splitlines()[1:-1]
    Path("bad.jsonl").write_text(f'{BY_HAND}{{"name": "c", "payload": 7}}\n')

    done = attempted("import", "bad.jsonl")

    assert done.exit_code == 2
    assert done.stderr == "tq-emulator: bad.jsonl: line 4: payload is 7, and must be a text\n"
    assert run("export").stdout.splitlines()[1:-1] == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "--store", "sqlite://"], "a store in memory is its server's alone"),
        (["export", "--store", "redis://"], "use sqlite:///FILE"),
        (["export", "--store", "sqlite:///nowhere.db"], "there is no store in nowhere.db"),
        (["export", "--out", "taskqueue.db"], "taskqueue.db is the store itself"),
        (["export", "--out", "/dev/null"], "/dev/null is no file that could be replaced"),
        (["export", "--out", "nowhere/x"], "nowhere/x: No such file or directory"),
        (["backup", "nowhere/x"], "nowhere/x: No such file or directory"),
        (["backup", "taskqueue.db"], "taskqueue.db is the store itself"),
        (["import", "nowhere.jsonl"], "nowhere.jsonl: No such file or directory"),
        (["import", "."], ".: Is a directory"),
        (["import", "taskqueue.db"], "the first line of an export begins with"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, words):
    run("import", "by-hand.jsonl")

    done = attempted(*arguments)

    assert done.exit_code == 2
    assert words in one_line(done.stderr)
    assert names_in(run("export").stdout) == ["a", "b"]


def test_long_work_says_how_far_it_is():
    said, seconds = [], iter([0.0, 1.0, 2.5, 3.0, 5.0])
    progress = Progress("exported", "lines", say=said.append, now=lambda: next(seconds))

    for _ in progress.over([b""] * 2):
        pass
    progress.tell(5_000)
    progress.tell(1_000_000, 3_000_000)

    assert said == [
        "exported 2 lines, 1 a second",
        "exported 1,000,000 of 3,000,000 lines, 200,000 a second",
    ]


def test_what_is_read_is_counted(folder):
    progress = Progress("checked", "lines", say=lambda line: None)

    with watched(folder / "by-hand.jsonl", progress) as file:
        while file.readline(1_000):
            pass

    assert progress.count == 3
