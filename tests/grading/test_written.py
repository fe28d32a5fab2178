from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.grading.answers.written import MAX_EXPONENT, MAX_TEXT, read_written

READ = [
    # text, tidy text, value, decimals, significant
    ("0.31", "0.31", "0.31", 2, 2),
    (".31", ".31", "0.31", 2, 2),
    ("2.", "2.", "2", 0, 1),
    ("+2", "+2", "2", 0, 1),
    ("−2", "-2", "-2", 0, 1),
    ("–2", "-2", "-2", 0, 1),
    ("- 2", "-2", "-2", 0, 1),
    ("2e-3", "2e-3", "0.002", 3, 1),
    ("2E-3", "2E-3", "0.002", 3, 1),
    ("2e−3", "2e-3", "0.002", 3, 1),
    ("2*10^-3", "2*10^-3", "0.002", 3, 1),
    ("2 * 10^-3", "2*10^-3", "0.002", 3, 1),
    ("2x10^-3", "2x10^-3", "0.002", 3, 1),
    ("2×10^(-3)", "2×10^(-3)", "0.002", 3, 1),
    ("2·10⁻³", "2·10⁻³", "0.002", 3, 1),
    ("2.5·10¹²", "2.5·10¹²", "2500000000000", -11, 2),
    ("2*10**3", "2*10**3", "2000", -3, 1),
    ("10^-3", "10^-3", "0.001", 3, 1),
    ("-10⁻³", "-10⁻³", "-0.001", 3, 1),
    ("1e3", "1e3", "1000", -3, 1),
    ("1.5e3", "1.5e3", "1500", -2, 2),
    ("0.310", "0.310", "0.31", 3, 3),
    ("0.0043", "0.0043", "0.0043", 4, 2),
    ("12", "12", "12", 0, 2),
    ("100", "100", "100", 0, 3),
    ("007", "007", "7", 0, 1),
    ("0", "0", "0", 0, 0),
    ("-0.00", "-0.00", "0", 2, 0),
    ("1,5", "1,5", "1.5", 1, 2),
    ("0,123", "0,123", "0.123", 3, 3),
    ("1,2345", "1,2345", "1.2345", 4, 5),
]


@pytest.mark.parametrize(("text", "tidy", "value", "decimals", "significant"), READ)
def test_a_number_keeps_its_digits(
    text: str, tidy: str, value: str, decimals: int, significant: int
) -> None:
    for typed in (text, f"  {text}\t"):
        found = read_written(typed)
        assert found.text == tidy
        assert found.exact == Fraction(value)
        assert found.value == float(value)
        assert (found.decimals, found.significant) == (decimals, significant)
        assert found.rounded
        assert found.unit == Fraction(10) ** -decimals


@pytest.mark.parametrize("text", ["1/3", "1 / 3", "+1/3"])
def test_a_fraction_is_exact(text: str) -> None:
    found = read_written(text)
    assert found.exact == Fraction(1, 3)
    assert not found.rounded
    assert found.unit == 0
    assert read_written("−" + text.lstrip("+")).exact == Fraction(-1, 3)


UNREAD = [
    ("", "a number is missing"),
    ("nan", "nan is not a number that can be compared"),
    ("-inf", "-inf is not a number that can be compared"),
    ("Infinity", "Infinity is not a number that can be compared"),
    ("1e999", "1e999 has an exponent of more than 400"),
    ("1e350", "1e350 is larger than any number gradcalc computes with"),
    ("1e-350", "1e-350 is smaller than any number gradcalc computes with"),
    ("5%", "5% is a percentage: write it as a number, 5% is 0.05"),
    ("5 %", "5 % is a percentage: write it as a number, 5% is 0.05"),
    ("1,234", "1,234 may have a decimal comma or mean thousands: write a point"),
    ("1,234.5", "1,234.5 has commas: write the digits without them"),
    ("1,", "1, is not a number"),
    ("1 234.5", "1 234.5 is 2 numbers, one is due"),
    ("1/0", "1/0 divides by 0"),
    ("0x10", "0x10 is not a decimal number"),
    ("1_000", "1_000 has an underscore: write the digits alone"),
    ("...", "numbers are left out here"),
    ("— 2", "— 2 begins with a dash, not a minus"),
    ("1 - 2", "1 - 2 is a formula, not a number"),
    ("2*3", "2*3 is a formula, not a number"),
    ("dunno", "dunno is not a number"),
    ("٣", "٣ has digits other than 0 to 9"),
    ("２", "２ has digits other than 0 to 9"),
    ("9" * (MAX_TEXT + 1), "a number of more than 60 characters"),
    ("w" * (MAX_TEXT + 1), "a word of more than 60 characters"),
    ("9" * 100_000, "a number of more than 60 characters"),
]


@pytest.mark.parametrize(("text", "reason"), UNREAD, ids=[text[:20] for text, _ in UNREAD])
def test_what_is_no_number_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_written(text)
    assert str(caught.value) == reason


def test_a_comma_that_is_known_to_be_decimal_is_no_sign_of_thousands() -> None:
    assert read_written("1,234", comma=True).exact == Fraction("1.234")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_the_exact_value_is_that_of_the_text(number: Decimal) -> None:
    text = str(number)
    if len(text) > MAX_TEXT or abs(number.adjusted()) > MAX_EXPONENT - MAX_TEXT:
        return
    try:
        found = read_written(text)
    except ValueError:
        assert float(text) == 0 != number
        return
    assert found.exact == Fraction(text)
    assert found.value == float(text)
    assert found.decimals == -int(number.as_tuple().exponent)
    assert (found.exact / found.unit).denominator == 1


@given(st.floats(-1e300, 1e300, allow_subnormal=False), st.sampled_from(["r", ".3g", ".6f", "e"]))
def test_a_printed_float_is_read_as_it_is_printed(number: float, how: str) -> None:
    text = repr(number) if how == "r" else format(number, how)
    if len(text) <= MAX_TEXT:
        assert read_written(text).value == float(text)


@given(st.text(max_size=80) | st.text(alphabet="0123456789.,eE+-−/*^()10 x·⁻³%_", max_size=30))
def test_any_text_is_a_number_or_a_reason(text: str) -> None:
    try:
        found = read_written(text)
    except ValueError as error:
        assert str(error)
        assert "\n" not in str(error)
        return
    assert found.value == float(found.exact)
    assert found.text.strip() == found.text
