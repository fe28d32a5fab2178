"""Write computed numbers as a person would: 0.2, never 0.30000000000000004 or −0."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol

if TYPE_CHECKING:
    from gradcalc.algebra.kernels import Array

EXACT_DIGITS = 6
TABLE_DIGITS = 5
SENTENCE_DIGITS = 4
FLOAT_DIGITS = 17
"""Digits that tell a float from all others; most need fewer."""
_CLEAN = 12
ABSENT = "—"
"""What stands for a number that does not exist."""


def figure(value: float, decimals: int | None = None, digits: int = TABLE_DIGITS) -> str:
    """Return a number as text: exact if 6 significant digits do it, otherwise rounded.

    With `decimals`, exactly so many places. Very large and small numbers have an
    exponent, as in `1.5e-7`. No more digits are shown than tell a float from all others.
    """
    if isnan(value):
        return ABSENT
    if decimals is not None:
        text = f"{Decimal(repr(float(value))):.{decimals}f}"
        return text.lstrip("-") if not text.strip("-0.") else text
    if value == 0:
        return "0"
    clean = float(f"{value:.{_CLEAN - 1}e}")
    shown = Decimal(repr(clean))
    if len(shown.normalize().as_tuple().digits) > EXACT_DIGITS:
        shown = Decimal(f"{value:.{digits - 1}e}" if digits < FLOAT_DIGITS else repr(float(value)))
    return plain(shown)


def plain(shown: Decimal) -> str:
    """Return a decimal without trailing zeros, with an exponent where it is far from 1."""
    shown = shown.normalize()
    magnitude = shown.adjusted()
    if -4 <= magnitude <= 8:
        return f"{shown:f}"
    mantissa = shown.scaleb(-magnitude).normalize()
    return f"{mantissa:f}e{magnitude}"


def figures(value: Array, decimals: int | None = None) -> tuple[str, ...]:
    """Return the entries of an array as texts, in row order."""
    return tuple(figure(x, decimals) for x in value.ravel().tolist())


def read_figure(text: str) -> Expr:
    """Return a printed number as a formula; what does not exist is a sign of its own."""
    return Symbol(ABSENT) if text == ABSENT else Number(Fraction(text), text)


def literal(shape: tuple[int, ...], texts: tuple[str, ...]) -> Expr:
    """Return numbers written out as a formula: a number, or nested lists of numbers."""
    if not shape:
        return read_figure(texts[0])
    step = len(texts) // shape[0]
    rows = [literal(shape[1:], texts[i * step : (i + 1) * step]) for i in range(shape[0])]
    return Apply("array", tuple(rows))
