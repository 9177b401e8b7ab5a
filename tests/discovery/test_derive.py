"""The derived module is fresh, and a stale one is noticed."""

from __future__ import annotations

from pathlib import Path

from discovery import derive, wire_types
from discovery.contract import load

FRESH = derive.wire_types(load())


def test_the_wire_types_are_fresh(capsys):
    assert derive.main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_every_schema_has_a_type_with_its_properties():
    for schema in load().schemas.values():
        assert set(getattr(wire_types, schema.id).__annotations__) == set(schema.properties)


def test_a_stale_file_is_shown_as_a_diff_and_left_alone(tmp_path: Path, capsys):
    target = tmp_path / "wire_types.py"
    stale = FRESH.replace("    tag: str\n", "    label: str\n")
    target.write_text(stale)

    assert derive.main(["--check"], target=target) == 1

    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == f"{target} is stale: run `python -m discovery.derive`"
    assert "-    label: str" in shown
    assert "+    tag: str" in shown
    assert target.read_text() == stale


def test_a_missing_file_is_stale(tmp_path: Path):
    assert derive.main(["--check"], target=tmp_path / "wire_types.py") == 1


def test_deriving_again_makes_a_stale_file_fresh(tmp_path: Path):
    target = tmp_path / "wire_types.py"
    target.write_text("stale")

    assert derive.main([], target=target) == 0

    assert derive.main(["--check"], target=target) == 0
    assert target.read_text() == FRESH
