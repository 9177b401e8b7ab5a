"""What is spelled can be read back, and what a type does not allow is refused with a reason."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.contract import Parameter, control, load
from discovery.formats import FormatError, from_json, query_parser, to_json, to_query

INT32 = ("integer", "int32")
INT64 = ("string", "int64")

int32s = st.integers(-(2**31), 2**31 - 1)
int64s = st.integers(-(2**63), 2**63 - 1)
typed_values = st.one_of(
    st.tuples(st.just(INT32), int32s),
    st.tuples(st.just(INT64), int64s),
    st.tuples(st.just(("boolean", None)), st.booleans()),
    st.tuples(st.just(("number", "double")), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just(("string", None)), st.text()),
)


@given(typed_values)
def test_every_value_survives_a_url(typed_value):
    (type, format), value = typed_value

    text = to_query(a_parameter(type, format), value)

    assert query_parser(type, format)(text) == value


@given(typed_values)
def test_every_value_survives_json(typed_value):
    (type, format), value = typed_value

    text = json.dumps(to_json(type, format, value))

    assert from_json(type, format, json.loads(text)) == value


@given(st.text())
def test_a_text_is_an_integer_only_if_it_is_plain_decimal(text):
    parse = query_parser(*INT64)
    plain = text.removeprefix("-").isdecimal() and text.isascii()

    if plain and len(text) < 19:
        assert parse(text) == int(text)
    elif not plain:
        with pytest.raises(FormatError, match="Invalid integer value"):
            parse(text)


def test_the_spellings_are_those_of_the_wire():
    assert to_json(*INT64, 2**53 + 1) == "9007199254740993"
    assert to_json(*INT32, 7) == 7
    assert to_query(a_parameter("boolean"), True) == "true"
    assert to_query(a_parameter(*INT32), -7) == "-7"
    assert to_query(a_parameter("string"), "a b") == "a b"


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "1_0", "1.0", "1e3", "0x1", "٣", "--1", "1\n", "true"]
)
def test_an_integer_in_a_url_is_decimal_digits_and_nothing_else(text):
    with pytest.raises(FormatError, match="Invalid integer value"):
        query_parser(*INT32)(text)


@pytest.mark.parametrize("text", ["2147483648", "-2147483649", "9" * 5000, "-" + "9" * 5000])
def test_an_integer_in_a_url_must_fit_its_format(text):
    with pytest.raises(FormatError, match=r"within the range: \[-2147483648, 2147483647\]"):
        query_parser(*INT32)(text)


@pytest.mark.parametrize("format", ["int32", "int64"])
def test_the_ends_of_a_range_belong_to_it(format):
    type, bits = {"int32": ("integer", 31), "int64": ("string", 63)}[format]

    for end in (-(2**bits), 2**bits - 1):
        assert query_parser(type, format)(str(end)) == end
        assert from_json(type, format, end) == end
    for outside in (-(2**bits) - 1, 2**bits):
        with pytest.raises(FormatError):
            to_json(type, format, outside)
        with pytest.raises(FormatError):
            from_json(type, format, outside)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("TRUE", True), ("1", True), ("false", False), ("0", False)],
)
def test_a_boolean_in_a_url_may_have_any_case_or_be_a_digit(text, value):
    assert query_parser("boolean", None)(text) is value


@pytest.mark.parametrize("text", ["", "yes", "2", " true", "t"])
def test_no_other_text_is_a_boolean(text):
    with pytest.raises(FormatError, match="Invalid boolean value"):
        query_parser("boolean", None)(text)


@pytest.mark.parametrize(("type", "format"), [INT32, INT64])
def test_an_integer_in_json_may_be_a_number_or_a_string(type, format):
    assert from_json(type, format, 7) == 7
    assert from_json(type, format, "7") == 7


@pytest.mark.parametrize("value", [True, False, 1.0, 1.5, None, [], {}, "1.0", "x", ""])
@pytest.mark.parametrize(("type", "format"), [INT32, INT64])
def test_nothing_else_in_json_is_an_integer(type, format, value):
    with pytest.raises(FormatError, match="Invalid integer value"):
        from_json(type, format, value)


@pytest.mark.parametrize(("type", "value"), [("boolean", 1), ("boolean", "true"), ("string", 1)])
def test_neither_json_nor_a_caller_may_take_one_type_for_another(type, value):
    with pytest.raises(FormatError, match=f"Invalid {type} value"):
        from_json(type, None, value)
    with pytest.raises(FormatError, match=f"Invalid {type} value"):
        to_query(a_parameter(type), value)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-inf", "1e999", "1_0", ".5", "5.", "٣"])
def test_a_number_in_a_url_is_decimal_and_finite(text):
    with pytest.raises(FormatError, match="Invalid number value"):
        query_parser("number", "double")(text)


@pytest.mark.parametrize("value", [True, None, "x", [], math.nan, math.inf, 10**400])
def test_nothing_else_in_json_is_a_number(value):
    with pytest.raises(FormatError, match="Invalid number value"):
        from_json("number", "double", value)


def test_a_number_in_json_may_be_a_string():
    assert from_json("number", "double", "1.5") == 1.5
    assert from_json("number", "double", 2) == 2.0


def test_a_boolean_is_no_integer_in_a_url():
    with pytest.raises(FormatError, match="Invalid integer value: true"):
        to_query(a_parameter(*INT32), True)


def test_a_long_text_is_shortened_in_the_reason():
    with pytest.raises(FormatError) as caught:
        query_parser(*INT32)("x" * 1_000_000)

    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("contract", [load(), control()], ids=["taskqueue", "emulator"])
def test_every_parameter_of_the_contract_has_a_parser(contract):
    groups = [contract.parameters, *(each.parameters for each in contract.methods.values())]

    for parameter in (each for group in groups for each in group.values()):
        assert callable(query_parser(parameter.type, parameter.format))


def a_parameter(type: str, format: str | None = None) -> Parameter:
    return Parameter(
        name="p",
        type=type,
        format=format,
        location="query",
        required=False,
        default=None,
        enum=(),
        description="",
    )
