"""Files are replaced whole, or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from emulator.files import rewritten


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def write(path, content):
    with rewritten(path) as file:
        file.write(content)


def test_a_file_is_written_for_its_user_alone(path):
    write(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_old_file_is_there_until_the_new_one_is_whole(path):
    path.write_bytes(b"old")

    with rewritten(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"


def test_a_block_that_fails_leaves_all_as_it_was(path):
    path.write_bytes(b"old")

    def fail():
        with rewritten(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [each.name for each in path.parent.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


def test_the_file_and_not_a_link_to_it_is_replaced(path, tmp_path):
    target = tmp_path / "folder" / "target"
    target.parent.mkdir()
    path.symlink_to(target)

    write(path, b"new")

    assert path.is_symlink()
    assert target.read_bytes() == b"new"


def test_the_longest_name_can_be_written(tmp_path):
    path = tmp_path / ("n" * 255)

    write(path, b"new")

    assert path.read_bytes() == b"new"


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "missing" / "file", b"")


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_end(path, monkeypatch):
    done = []

    def fsync(descriptor):
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("folder" if folder else os.fstat(descriptor).st_size)

    replace = os.replace
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("rename"), replace(*names)))

    write(path, b"x" * 100_000)

    assert done == [100_000, "rename", "folder"]
