"""One reader of numbers, and its decision table."""

from __future__ import annotations

import pytest

from tests.problem.refused import changed, load, refused, solve


def read(text: str) -> float:
    return float(load(f"inputs: {{x: {text}}}\nequations: y = x\n").data["x"].array)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), ("-0.5", -0.5), ("+.5", 0.5), (".5", 0.5), ("5.", 5), ("-.5", -0.5),
        ("1e-3", 0.001), ("1E5", 1e5), ("1e+3", 1000), ("1.5e3", 1500), ("-1e-2", -0.01),
        ("010", 10), ("007", 7), ("08", 8), ("−2", -2), ("−1e−3", -0.001), ("1/3", 1 / 3),
        ("-2/4", -0.5), ("'7'", 7), ('"0.25"', 0.25), ("0", 0), ("-0", 0), ("1e-400", 0),
    ],
)  # fmt: skip
def test_numbers_mean_what_they_say(text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [("+.5", "0.5"), ("010", "10"), ("1.50", "1.50"), ("−2", "-2"), ("5.", "5"), ("1/3", "1/3")],
)
def test_numbers_keep_their_digits(text, shown):
    assert load(f"inputs: {{x: {text}}}\nequations: y = x\n").data["x"].texts == (shown,)


REFUSED = [
    ("nan", "is not a finite number", ""),
    (".nan", "is not a finite number", ""),
    ("-.inf", "is not a finite number", ""),
    ("Infinity", "is not a finite number", ""),
    ("1e999", "larger than any number", ""),
    ("-1e400", "larger than any number", ""),
    ("yes", "is not a number", "1 or 0"),
    ("Off", "is not a number", "1 or 0"),
    ("true", "is not a number", "1 or 0"),
    ("12:30", "has a colon", "one number"),
    ("1:30.5", "has a colon", "one number"),
    ("2024-01-31", "is not a number", ""),
    ("0x1F", "is not a decimal number", "decimal digits"),
    ("0b11", "is not a decimal number", "decimal digits"),
    ("0o17", "is not a decimal number", "decimal digits"),
    ("1_000", "has an underscore", "digits alone"),
    ("5%", "is a percentage", "0.05"),
    ("1/0", "divides by 0", ""),
    ("2^3", "is a formula", "equations"),
    ("2*3", "is a formula", "equations"),
    ("sqrt(2)", "is a formula", "equations"),
    ("١٢", "is not a number", "0 to 9"),
    ("１２", "is not a number", "0 to 9"),
    ("abc", "is not a number", ""),
    ("1 2", "is several numbers", "comma"),
    ("null", "a number is missing", "write 0"),
    ("~", "a number is missing", "write 0"),
    ("''", "a number is missing", "write 0"),
    ("'0,5'", "has a decimal comma", "decimal point"),
    ("1e12345", "an exponent of more than 4 digits", ""),
    ("1" * 61, "more than 60 characters", ""),
    ("[]", "is empty", "at least one"),
    ("[[1, 2], [3]]", "the rows differ in length", "1 entry here, 2 entries"),
    ("[1, [2]]", "the rows differ in length", ""),
    ("[[[1]]]", "1×1×1", "vectors and matrices"),
    ("[1, {a: 2}]", "holds numbers", "a mapping stands here"),
]


@pytest.mark.parametrize(("text", "message", "hint"), REFUSED)
def test_what_is_no_number_is_refused_at_its_place(text, message, hint):
    error = refused(f"inputs:\n  x: {text}\nequations: y = sum(x)\n", message, hint=hint)
    assert error.span is not None
    assert error.span.line == 2


def test_the_place_is_that_of_the_element():
    refused("inputs:\n  x: [[1, 2],\n      [3, nan]]\nequations: y = sum(x)\n", "nan", "3:11")


def test_missing_comma():
    refused("inputs: {x: [0.1 -0.1]}\n", "several numbers", "1:14", "a comma is missing")


@pytest.mark.parametrize("text", ["[0,1, -0,1]", "[0,5, 1,5, 2,5]", "[1,2, 3,4]"])
def test_decimal_commas_are_never_read_as_twice_the_numbers(text):
    refused(f"inputs: {{x: {text}}}\nequations: y = sum(x)\n", "decimal commas", "1:13", "0.1")


@pytest.mark.parametrize("text", ["[0,1,2]", "[1, 2, 3]", "[0,1]", "[0.1,2, 0.3,4]"])
def test_other_commas_divide_numbers(text):
    solve(f"inputs: {{x: {text}}}\nequations: y = sum(x)\n")


def test_a_decimal_comma_in_braces():
    refused("inputs: {x: 1,5}\n", "5 is not a name", "1:15", "decimal point")


def test_decimal_commas_in_a_bias():
    refused(changed("[0.1, 0.2]", "[0,1, 0,2]"), "decimal commas", "5:7")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2.0E+00", "2.0"),
        ("1E5", "1e5"),
        ("1e+05", "1e5"),
        (".5e-0", "0.5"),
        ("+2.", "2"),
        ("1e-07", "1e-7"),
        ("-3.10e+002", "-3.10e2"),
    ],
)
def test_a_power_of_ten_is_shown_as_a_person_writes_it(written, shown):
    quantity = load(f"inputs: {{x: {written}}}\nequations: y = x + {written.lstrip('+')}\n")
    assert quantity.data["x"].texts == (shown,)
