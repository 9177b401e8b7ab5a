"""Where snapshots are kept: the same in a folder as in memory."""

from __future__ import annotations

import pytest

from emulator.exports.shelf import (
    FolderShelf,
    MemoryShelf,
    SnapshotNotFoundError,
    is_snapshot_name,
)


@pytest.fixture(params=["folder", "memory"])
def shelf(request, tmp_path):
    return MemoryShelf() if request.param == "memory" else FolderShelf(tmp_path / "t.db.snapshots")


def put(shelf, name, content):
    with shelf.write(name) as file:
        file.write(content)


def content_of(shelf, name):
    with shelf.open(name) as file:
        return file.read()


def test_what_is_written_is_there_under_its_name(shelf):
    for name in ("b", "a", ".", "..", "B.x-_9"):
        put(shelf, name, name.encode())

    assert shelf.names() == [".", "..", "B.x-_9", "a", "b"]
    assert [content_of(shelf, name) for name in shelf.names()] == [
        b".",
        b"..",
        b"B.x-_9",
        b"a",
        b"b",
    ]


def test_a_file_takes_the_place_of_the_one_before(shelf):
    put(shelf, "a", b"old")
    put(shelf, "a", b"new")

    assert content_of(shelf, "a") == b"new"


def test_a_file_whose_writing_fails_was_never_there(shelf):
    put(shelf, "a", b"old")

    def fail(name):
        with shelf.write(name) as file:
            file.write(b"half")
            raise ZeroDivisionError

    for name in ("a", "b"):
        with pytest.raises(ZeroDivisionError):
            fail(name)

    assert shelf.names() == ["a"]
    assert content_of(shelf, "a") == b"old"


def test_an_open_file_stays_what_it_was(shelf):
    put(shelf, "a", b"old")

    with shelf.open("a") as file:
        put(shelf, "a", b"new")
        shelf.remove("a")
        assert file.read() == b"old"

    assert shelf.names() == []


def test_what_is_not_there_is_said_so(shelf):
    assert shelf.names() == []
    with pytest.raises(SnapshotNotFoundError):
        shelf.open("a")
    with pytest.raises(SnapshotNotFoundError):
        shelf.remove("a")


def test_a_folder_has_a_file_for_each_and_is_for_its_user_alone(tmp_path):
    folder = tmp_path / "t.db.snapshots"
    shelf = FolderShelf(folder)
    assert not folder.exists()

    put(shelf, "a", b"x")

    assert [each.name for each in folder.iterdir()] == ["a.jsonl"]
    assert (folder.stat().st_mode & 0o777, (folder / "a.jsonl").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )


def test_what_else_lies_in_a_folder_is_no_snapshot(tmp_path):
    for name in ("a.jsonl", "notes.txt", "a b.jsonl", ".jsonl"):
        (tmp_path / name).write_bytes(b"")

    assert FolderShelf(tmp_path).names() == ["a"]


def test_what_a_killed_process_left_is_taken_away(tmp_path):
    (tmp_path / ".a.jsonl.x7d_k2.tmp").write_bytes(b"half")

    FolderShelf(tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a\0", "a\n", "ä", "a b", "a" * 101])
def test_what_is_no_name(name):
    assert not is_snapshot_name(name)


def test_what_is_a_name():
    assert is_snapshot_name("a" * 100)
