"""Written numbers beside the values that they should be: every measure, bounds included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gradcalc.grading.answers.written import NO_DECIMALS, read_written
from gradcalc.grading.evaluation.comparison import (
    Tolerance,
    Typed,
    half_units,
    leading,
    shown_bit,
    shown_decimals,
    typed,
)

OWN = Tolerance()


def one(text: str) -> Typed:
    """Return one written number."""
    return typed([read_written(text)], ())


def agrees(text: str, due: float, tolerance: Tolerance = OWN, further: float = 0.0) -> bool:
    return bool(one(text).agrees(np.asarray(due), tolerance, further))


def halves(*texts: str, sheet: int = 0) -> list[float]:
    return half_units([read_written(text) for text in texts], shown_bit(sheet))


def shown(*texts: str, due: float = 1.0) -> int:
    """Return the most decimals that numbers show, -1 for none."""
    cells = [read_written(text) for text in texts]
    parts = (np.array([getattr(cell, name) for cell in cells]) for name in ("value", "decimals"))
    every = np.ones(len(cells), dtype=bool)
    return int(shown_decimals(*parts, every, np.full(len(cells), due))).bit_length() - 1


@pytest.mark.parametrize(
    ("text", "due", "right"),
    [
        ("0.31", 0.3149, True),
        ("0.31", 0.315, True),  # the bound is included, though 0.315 is no binary fraction
        ("0.31", 0.305, True),
        ("0.31", 0.31501, False),
        ("0.310", 0.3149, False),
        ("2e-3", 0.0024, True),
        ("2.0e-3", 0.0024, False),
        ("1/3", 1 / 3, True),
        ("1/3", 0.3333, False),
        ("3", 3.4, True),
        ("3.0", 3.4, False),
        ("-0.5", 0.5, False),
        ("0.00", 0.004, False),  # nothing shows that it is rounded
        ("1", 0.96, True),
        ("1", 0.645, False),  # not even its first digit is right
        ("1", 1.4, True),
        ("-1", -0.5, False),
        ("2", 1.5, True),
        ("0.1", 0.06, False),
        ("0.1", 0.095, True),
        ("1e1", 6.45, False),
        ("10", 9.6, True),
        ("0", 0.004, False),
        ("1200", 1200.4, True),
        ("1.2e3", 1249, True),
        ("0.1", 0.1 + 1e-16, True),
    ],
)
def test_the_own_last_digit_is_the_measure(text: str, due: float, right: bool) -> None:
    assert agrees(text, due) is right


@pytest.mark.parametrize(
    ("tolerance", "text", "due", "right"),
    [
        (Tolerance("decimals", 2), "0.3149", 0.31, True),
        (Tolerance("decimals", 2), "0.315", 0.31, True),
        (Tolerance("decimals", 2), "0.3151", 0.31, False),
        (Tolerance("decimals", 0), "3", 3.5, True),
        (Tolerance("significant", 3), "123.4", 123, True),
        (Tolerance("significant", 3), "123.5", 123, True),
        (Tolerance("significant", 3), "123.6", 123, False),
        (Tolerance("significant", 2), "0.00123", 0.0012, True),
        (Tolerance("significant", 2), "0.00126", 0.0012, False),
        (Tolerance("significant", 2), "0", 0.0, True),
        (Tolerance("significant", 2), "0.001", 0.0, False),
        (Tolerance("absolute", 0.05), "0.35", 0.3, True),
        (Tolerance("absolute", 0.05), "0.351", 0.3, False),
        (Tolerance("relative", 0.01), "101", 100, True),
        (Tolerance("relative", 0.01), "99", 100, True),
        (Tolerance("relative", 0.01), "101.1", 100, False),
        (Tolerance("relative", 0.01), "0", 0.0, True),
        (Tolerance("absolute", 0), "0.25", 0.25, True),
    ],
)
def test_a_measure_that_is_asked_for(
    tolerance: Tolerance, text: str, due: float, right: bool
) -> None:
    assert agrees(text, due, tolerance) is right


@pytest.mark.parametrize(
    "tolerance",
    [
        OWN,
        Tolerance("decimals", 0),
        Tolerance("significant", 1),
        Tolerance("absolute", 10),
        Tolerance("relative", 5),
    ],
    ids=lambda tolerance: tolerance.measure,
)
def test_a_wrong_sign_is_never_within_a_tolerance(tolerance: Tolerance) -> None:
    assert not agrees("-0.1", 0.2, tolerance)
    assert not agrees("0.1", -0.2, tolerance)
    assert not agrees("0.1", -0.2, tolerance, further=5.0)


@pytest.mark.parametrize("measure", ["own digits", "decimals", "significant", "relative"])
def test_what_numbers_that_cancel_leave_is_a_written_0(measure: str) -> None:
    assert agrees("0", -1.1e-16, Tolerance(measure, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize("due", [np.nan, np.inf, -np.inf])
def test_nothing_is_right_where_the_value_is_no_number(due: float) -> None:
    for tolerance in (OWN, Tolerance("absolute", 1e9), Tolerance("decimals", 0)):
        assert not agrees("1", due, tolerance)


def test_cut_off_digits() -> None:
    def cut(text: str, due: float) -> bool:
        return bool(one(text).cut_off(np.asarray(due)))

    assert cut("0.31", 0.319)
    assert cut("-0.31", -0.319)
    assert not cut("0.31", 0.32)
    assert not cut("0.31", 0.309)
    assert not cut("0.00", 0.009)  # 0 proves nothing


def test_a_whole_number_beside_decimals_has_lost_zeros() -> None:
    assert halves("0.2", "1", "1.4") == pytest.approx([0.05, 0.05, 0.05])
    assert halves("2", "10", "14") == [0.5, 0.5, 0.5]
    assert halves("0.25", "0.5") == pytest.approx([0.005, 0.05])
    assert halves("1/3", "0.5") == pytest.approx([0.0, 0.05])


def test_a_zero_has_the_decimals_of_the_sheet() -> None:
    assert halves("0") == [0.0]
    assert halves("0", "0.25") == pytest.approx([0, 0.005])
    assert halves("0", sheet=3) == pytest.approx([0.0005])
    assert halves("0.00", sheet=3) == pytest.approx([0.0005])
    assert halves("0.000", sheet=3) == pytest.approx([0.0005])
    cells = [read_written("0.00"), read_written("0")]
    several = shown_bit(2) | shown_bit(4)
    assert half_units(cells[:1], several) == pytest.approx([0.005])
    assert half_units(cells[1:], several) == pytest.approx([0.00005])


def test_what_numbers_show_of_a_sheet() -> None:
    assert shown("0.25", "3") == 2
    assert shown("12", "0", "0.000") == -1
    assert shown("1.00", due=0.645) == -1  # a single digit, and a wrong one
    assert shown("1.00", due=0.997) == 2
    assert shown("0.5", "0.02", due=0.02) == 2


def test_a_number_that_is_rounded_as_the_sheet_shows_needs_no_right_digit() -> None:
    cells = [read_written("0.01")]
    due = np.asarray(0.006)
    assert [bool(typed(cells, (), None, shown_bit(n)).agrees(due, OWN)) for n in (0, 1, 2, 3)] == [
        False,
        False,
        True,
        False,
    ]


def test_entries_that_are_blank_are_not_written() -> None:
    written = typed([read_written("0.5"), None], (2,))
    assert written.mask.tolist() == [True, False]
    assert written.agrees(np.array([0.5, 0.0]), OWN).tolist() == [True, False]
    assert written.decimals.tolist() == [1, NO_DECIMALS]


def test_one_entry_of_a_matrix() -> None:
    written = typed([read_written("0.5")], (2, 2), (1, 0))
    assert written.mask.tolist() == [[False, False], [True, False]]
    assert written.value[1, 0] == 0.5


def test_a_leading_axis_of_values_is_compared_at_once() -> None:
    written = typed([read_written("0.5"), read_written("1")], (2,))
    due = np.array([[0.5, 1.0], [0.6, 1.0]])
    assert written.agrees(due, OWN).tolist() == [[True, True], [False, True]]


# --- any numbers ---------------------------------------------------------------------------

numbers = st.floats(1e-6, 1e6).flatmap(lambda x: st.sampled_from([x, -x]))


def text_of(value: float, digits: int, significant: bool) -> str:
    return format(value, f".{digits - 1}e" if significant else f".{digits}f")


@given(numbers, st.integers(1, 9), st.booleans())
def test_a_value_written_with_any_digits_is_right(
    value: float, digits: int, significant: bool
) -> None:
    text = text_of(value, digits, significant)
    assume(float(text) != 0)
    assert agrees(text, value)
    assert not agrees(text_of(-value, digits, significant), value)


@given(numbers, st.integers(2, 9), st.sampled_from([2, -2, 5]))
def test_a_last_digit_that_is_off_is_wrong(value: float, digits: int, off: int) -> None:
    text = text_of(value, digits, significant=True)
    unit = float(read_written(text).unit)
    wrong = format(float(text) + off * unit, f".{digits - 1}e")
    assume(read_written(wrong).unit == read_written(text).unit)
    assert not agrees(wrong, value)


@given(numbers, st.integers(1, 6))
def test_decimals_and_digits_are_what_rounding_gives(value: float, digits: int) -> None:
    text = text_of(value, digits, significant=True)
    tolerance = Tolerance("significant", digits)
    place = float(leading(np.asarray(value))) + 1 - digits
    near_tie = abs(abs(value) / 10**place % 1 - 0.5) < 1e-6
    assume(not near_tie)
    assert agrees(text, value, tolerance)
    assert agrees(repr(value), value, tolerance)


@given(numbers)
def test_the_leading_digit(value: float) -> None:
    place = float(leading(np.asarray(value)))
    assert 10**place * (1 - 1e-9) <= abs(value) < 10 ** (place + 1) * (1 + 1e-9)
