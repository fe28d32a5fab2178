"""Numbers read in bulk are the numbers that are read one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradcalc.grading.answers.written import read_written
from gradcalc.grading.submissions.csv_digits import read_plain

DECIMAL = st.from_regex(
    r"[+-]?([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
LONG = st.from_regex(r"[+-]?[0-9]{0,30}\.[0-9]{1,34}", fullmatch=True)
FLOAT = st.floats(allow_nan=False, allow_infinity=False).map(repr)
NEAR = st.text("0123456789.-+eE", max_size=8)
ODD = st.text("0123456789.-+eE_ nai%/−٣", max_size=8)
FIELDS = st.lists(st.one_of(DECIMAL, LONG, FLOAT, NEAR, ODD), min_size=1, max_size=12)

ADVERSARIAL = [
    *("0.1", "-0", "-0.0", "0", "00", "000.000", "0.0005", "-.5", "+.5", "5.", "-5.", ".", "-."),
    *("", "-", "+", "--1", "+-1", "1-", "1-2", "1+2", "1.2.3", "..1", "1..2", "e5", "1e", "1e+"),
    *("1e5", "1E-5", "1.5e12", "0e99", "1e400", "1e-400", "1e0000005", ".e5", "1.e5", "1e5.0"),
    *("1e5e5", "1ee5", "e", "-e1", "1-e1", "nan", "inf", "0x10", "1_0", " 1", "1 ", "1 2", "٣"),
    *("9007199254740993", "0.1000000000000000055511151231257827", "179769313486231580793e289"),
    *("123456789012345", "1234567890123456", "12345678901234567890123", "0.000000000000001"),
    *("2.2250738585072014e-308", "4.9e-324", "8.98846567431158e307", "9" * 60, "9" * 61, "1" * 40),
    *("0." + "0" * 40 + "1", "0." + "0" * 57 + "1", "0." + "0" * 58 + "1", "1e99", "1e-99"),
    *("5e-22", "5e22", "5e23", "-1e+5", "-1e-05", "0.30000000000000004", "10", "100", "0.10"),
]


def assert_as_one_by_one(fields: list[str], separator: str = ",") -> None:
    raw = [field.encode() for field in fields]
    ends = np.cumsum([len(field) + 1 for field in raw]) - 1
    text = b"".join(field + separator.encode() for field in raw)
    found = read_plain(text[:-1] + b"\n", ends)
    for at, field in enumerate(fields):
        assert bool(found.empty[at]) is (field == "")
        if not found.plain[at]:
            assert found.value[at] == 0.0
            continue
        alone = read_written(field)
        assert float(found.value[at]).hex() == alone.value.hex(), field
        assert found.value[at] == float(field)
        assert int(found.decimals[at]) == alone.decimals, field
        assert int(found.significant[at]) == alone.significant, field
        assert alone.rounded


@given(FIELDS)
@example(ADVERSARIAL)
def test_bulk_is_one_by_one(fields: list[str]) -> None:
    assert_as_one_by_one(fields)


@pytest.mark.parametrize("field", ADVERSARIAL)
@pytest.mark.parametrize("beside", ["0.25", "", "x", "1e5", "7"])
def test_neighbours_do_not_matter(field: str, beside: str) -> None:
    for separator in ",;\t":
        assert_as_one_by_one([field, beside], separator)
        assert_as_one_by_one([beside, field, beside], separator)
    assert_as_one_by_one([field])


@given(st.lists(DECIMAL, min_size=1, max_size=20))
def test_usual_decimals_are_read_in_bulk(fields: list[str]) -> None:
    raw = [field.encode() for field in fields]
    ends = np.cumsum([len(field) + 1 for field in raw]) - 1
    found = read_plain(b"".join(field + b"," for field in raw), ends)
    for field, plain in zip(fields, found.plain.tolist(), strict=True):
        mantissa, _, power = field.lower().partition("e")
        assert plain is (not mantissa.endswith(".") and len(power.lstrip("+-")) <= 2), field


def test_without_digits_the_values_are_the_same() -> None:
    text, ends = b"0.25,-1e5,3\n", np.array([4, 9, 11])
    found = read_plain(text, ends, digits=False)
    assert found.value.tolist() == [0.25, -100000.0, 3.0]
    assert not found.decimals.any() and not found.significant.any()
