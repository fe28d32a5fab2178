"""Rounding is that of the decimals as they are written."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.engine.rounding import MODES, Rounding, round_decimals, round_significant

DECIMAL = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "truncate": ROUND_DOWN}
written = st.decimals(-1000, 1000, places=6) | st.decimals(-10, 10, places=3)
modes = st.sampled_from(MODES)


def quantized(value: Decimal, places: int, mode: str) -> float:
    return float(value.quantize(Decimal(1).scaleb(-places), DECIMAL[mode])) + 0.0


@given(written, st.integers(-2, 7), modes)
def test_decimals(value: Decimal, places: int, mode: str) -> None:
    found = round_decimals(np.asarray(float(value)), places, mode)
    assert float(found) == quantized(value, places, mode)


@given(written.filter(bool), st.integers(1, 9), modes)
def test_significant_digits(value: Decimal, digits: int, mode: str) -> None:
    found = round_significant(np.asarray(float(value)), digits, mode)
    expected = quantized(value, digits - 1 - value.adjusted(), mode)
    assert float(found) == pytest.approx(expected, rel=1e-15)


@given(st.integers(-2000, 2000), st.integers(0, 4), st.integers(-3, 3), modes)
def test_a_tie_within_a_few_ulp_is_a_tie(units: int, places: int, ulps: int, mode: str) -> None:
    tie = Decimal(2 * units + 1).scaleb(-places) / 2
    value = float(tie)
    near = value + ulps * float(np.spacing(value))
    found = round_decimals(np.asarray(near), places, mode)
    assert float(found) == quantized(tie, places, mode)


@pytest.mark.parametrize(
    ("value", "places", "mode", "expected"),
    [
        (0.285, 2, "half_up", 0.29),
        (2.675, 2, "half_up", 2.68),
        (1.005, 2, "half_up", 1.01),
        (-2.675, 2, "half_up", -2.68),
        (0.125, 2, "half_even", 0.12),
        (0.375, 2, "half_even", 0.38),
        (-0.999, 2, "truncate", -0.99),
        (0.1 + 0.2, 1, "truncate", 0.3),
        (0.29999999999999993, 1, "truncate", 0.3),
        (419.5675, 3, "half_up", 419.568),
        (1250.0, -2, "half_up", 1300.0),
        (1e300, 10, "half_up", 1e300),
        (123456789.12345679, 10, "truncate", 123456789.12345679),
        (1e-320, 3, "half_up", 0.0),
        (0.0, 400, "half_up", 0.0),
    ],
)
def test_known_cases(value: float, places: int, mode: str, expected: float) -> None:
    assert float(round_decimals(np.asarray(value), places, mode)) == expected


def test_zero_has_no_sign() -> None:
    for mode in MODES:
        found = round_decimals(np.array([-0.0001, -0.0, 0.0001]), 2, mode)
        assert not np.signbit(found).any()


def test_powers_of_ten_keep_their_digits() -> None:
    values = np.array([float(f"1e{k}") for k in range(-300, 301)])
    np.testing.assert_allclose(round_significant(values, 3), values, rtol=1e-15)
    np.testing.assert_array_equal(round_significant(np.array([0.0]), 3), [0.0])


def test_which_lines_are_rounded() -> None:
    value = np.asarray(0.12345)
    rounding = Rounding(decimals=3, named={"a1": 1})
    assert float(rounding("a1", value)) == 0.1
    assert float(rounding("z1", value)) == 0.123
    for hidden in ("_1", "dL/d_1", "d_1/dx"):
        assert float(rounding(hidden, value)) == 0.12345
    assert float(Rounding(significant=2)("x", value)) == 0.12
    assert float(Rounding(named={"a1": 1})("x", value)) == 0.12345


def test_a_value_just_below_its_last_digit_after_cancellation_is_that_digit() -> None:
    half_square = 0.5 * (-2.8 + 2.6) ** 2  # 0.019999999999999948, 0.02 on paper
    assert round_decimals(np.asarray(half_square), 2, "truncate") == 0.02
