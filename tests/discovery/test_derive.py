"""The derived modules are fresh, and a stale one is noticed."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from discovery import derive, service_types, wire_types
from discovery.contract import load

FRESH = derive.derived(load())

each_module = pytest.mark.parametrize("name", FRESH)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with fresh modules."""
    for name, source in FRESH.items():
        (tmp_path / name).write_text(source)
    return tmp_path


def test_the_derived_modules_are_fresh(capsys):
    assert derive.main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_every_schema_has_a_type_with_its_properties():
    for schema in load().schemas.values():
        assert set(getattr(wire_types, schema.id).__annotations__) == set(schema.properties)


def test_every_method_has_a_signature_with_its_parameters():
    for method in load().methods.values():
        _, collection, name = method.id.split(".")
        function = getattr(getattr(service_types, f"{collection.title()}Resource"), name)
        parameters = inspect.signature(function).parameters

        body = {"body"} if method.request else set()
        assert set(parameters) == {"self", *method.parameters, *body, "common"}
        required = {
            each for each in parameters if parameters[each].default is inspect.Signature.empty
        }
        assert required == {"self", *method.parameter_order, *body, "common"}


def test_every_common_parameter_is_known():
    assert set(service_types.CommonParameters.__annotations__) == set(load().parameters)


def test_a_stale_file_is_shown_as_a_diff_and_left_alone(folder: Path, capsys):
    target = folder / "wire_types.py"
    stale = target.read_text().replace("    tag: str\n", "    label: str\n")
    target.write_text(stale)

    assert derive.main(["--check"], folder=folder) == 1

    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == f"{target} is stale: run `python -m discovery.derive`"
    assert "-    label: str" in shown
    assert "+    tag: str" in shown
    assert target.read_text() == stale


@each_module
def test_a_missing_file_is_stale(folder: Path, name: str):
    (folder / name).unlink()

    assert derive.main(["--check"], folder=folder) == 1


@each_module
def test_deriving_again_makes_a_stale_file_fresh(folder: Path, name: str):
    (folder / name).write_text("stale")

    assert derive.main([], folder=folder) == 0

    assert derive.main(["--check"], folder=folder) == 0
    assert (folder / name).read_text() == FRESH[name]
