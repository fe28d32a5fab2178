"""Compare a written value with one that it should be.

By default what the writer's own last digit stands for is the measure, cut off or
rounded; a number of decimals or significant digits, or a tolerance, can be asked for
instead, and decides alone. A sign that is wrong is never within a tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from gradcalc.algebra.operations.kernels import Array, Mask, Whole
from gradcalc.engine.rounding import round_decimals, round_significant
from gradcalc.grading.answers.written import NO_DECIMALS, NOISE, Written
from gradcalc.grading.evaluation.earlier_answers import Decimals

Measure: TypeAlias = Literal["own digits", "decimals", "significant", "absolute", "relative"]

SLACK = 1e-9
"""Of the tolerance: bounds are included, whatever binary fractions make of them."""
FEW = 32 * np.finfo(float).eps
"""Relative to the value: more than what makes a half of what is no half."""
NOTHING = 1e-14
"""What may be left of numbers that cancel: a written 0 is this."""
COARSE = 0.3
"""Of a number: half a unit from which on its first digit may be wrong."""
MOST_SHOWN = 50
"""Decimals from which on numbers are alike in what they show of a sheet's rounding."""


@dataclass(frozen=True)
class Tolerance:
    """How far a written value may be from the one it should be."""

    measure: Measure = "own digits"
    amount: float = 0.0

    @property
    def of_writer(self) -> bool:
        """Tell whether the writer's own digits are the measure: no other was asked for."""
        return self.measure == "own digits"

    @property
    def described(self) -> str:
        """Return the tolerance in words, nothing for the writer's own digits."""
        if self.of_writer:
            return ""
        if self.measure == "absolute":
            return f"within {self.amount:g}"
        if self.measure == "relative":
            return f"within {100 * self.amount:g} %"
        what = "decimal" if self.measure == "decimals" else "significant digit"
        return f"to {self.amount:g} {what}{'s' * (self.amount != 1)}"

    def half(self, due: Array, own: Array) -> Array:
        """Return the largest distance that counts as equal, entry by entry.

        Of decimals and digits it is the largest from a value that is so rounded. own: half
        a unit of the last written digit.
        """
        if self.of_writer:
            return own
        if self.measure == "decimals":
            return np.broadcast_to(0.5 * 10.0**-self.amount, np.shape(due))
        if self.measure == "significant":
            return np.asarray(0.5 * 10.0 ** (leading(due) + 1 - self.amount) * (due != 0))
        if self.measure == "absolute":
            return np.broadcast_to(self.amount, np.shape(due))
        return np.asarray(self.amount * np.abs(due))

    def near(self, value: Array, due: Array, own: Array, further: Array | float) -> Mask:
        """Tell where a value counts as the value due, whatever its sign.

        own: half a unit of the last written digit; further: what is added to it. Bounds
        are included, and so is what the order of additions may change.
        """
        if self.measure in ("decimals", "significant"):
            return self._same_digits(value, due)
        distance = np.abs(value - due)
        room = (self.half(due, own) + further) * (1 + SLACK)
        near = np.asarray(distance <= room)
        return near if near.all() else near | (distance <= room + NOISE * np.abs(due))

    def _same_digits(self, value: Array, due: Array) -> Mask:
        """Tell where two values have the same digits once both are rounded; halves either way."""
        near = np.zeros(np.broadcast_shapes(np.shape(value), np.shape(due)), dtype=bool)
        for one in self._rounded(value):
            for other in self._rounded(due):
                near |= np.abs(one - other) <= NOISE * np.abs(other)
        return near

    def _rounded(self, value: Array) -> tuple[Array, Array]:
        """Return a value rounded to the digits, halves up and halves down."""
        round_to = round_decimals if self.measure == "decimals" else round_significant
        count, less = int(self.amount), 2 * SLACK * self.half(value, value) + FEW * np.abs(value)
        return round_to(value, count), round_to(value - np.copysign(less, value), count)


def leading(value: Array) -> Array:
    """Return the power of ten of the first digit that is not 0; 0 for 0.

    >>> leading(np.array([0.043, 12.0, 0.0])).tolist()
    [-2.0, 1.0, 0.0]
    """
    magnitude = np.abs(np.where(value == 0, 1.0, value))
    return np.floor(np.log10(magnitude) + NOISE)


@dataclass(frozen=True)
class Typed:
    """Written entries in the shape of their quantity; `mask` tells which are written.

    half: half a unit of the last written digit; decimals: those that are written; shown: where
    the rest of the sheet shows that a number was rounded to these decimals, whatever they leave.
    """

    value: Array
    mask: Mask
    half: Array
    decimals: Decimals
    shown: Mask | None = None

    @cached_property
    def coarse(self) -> Mask:
        """Tell which entries have to have a right digit: rounding alone may have made the first."""
        coarse = self.half > COARSE * np.abs(self.value)
        if not coarse.any():
            return coarse
        coarse &= self.value != 0
        return coarse if self.shown is None else coarse & ~self.shown

    def matches(self, due: Array, tolerance: Tolerance) -> Mask:
        """Tell where an entry is the value due, by its own digits rounded or cut off."""
        found = self.agrees(due, tolerance)
        if tolerance.of_writer and not found.all():
            found = found | (self.cut_off(due) & np.isfinite(due))
        return found

    def agrees(self, due: Array, tolerance: Tolerance, further: Array | float = 0.0) -> Mask:
        """Tell for each entry whether it is the value due, within a further distance.

        Most are, by far: what else may count as equal is looked at only for the others.
        """
        with np.errstate(invalid="ignore"):
            near = tolerance.near(self.value, due, self.half, further)
            if not near.all():
                near = near | ((self.value == 0) & (np.abs(due) <= NOTHING))
            product = self.value * due
            if (product < 0).any():
                near = near & (product >= -NOISE * np.abs(due))
            if tolerance.of_writer and self.coarse.any():
                near = near & self.says(due, further)
        return np.asarray(self.mask & near & np.isfinite(due))

    def says(self, due: Array, further: Array | float = 0.0) -> Mask:
        """Tell where an entry says something of the value due: coarse ones have its first digit."""
        shape = np.broadcast_shapes(np.shape(due), self.value.shape)
        says = np.ones(shape, dtype=bool)
        at = np.broadcast_to(self.coarse, shape)
        parts = (np.broadcast_to(each, shape)[at] for each in (self.value, due, further))
        says[at] = right_digit(*parts)
        return says

    def cut_off(self, due: Array) -> Mask:
        """Tell where an entry is the value due with its last digits cut off."""
        with np.errstate(invalid="ignore"):
            less = np.abs(due) - np.abs(self.value)
            same = self.value * due > 0
            slack = 2 * self.half * SLACK
            return np.asarray(self.mask & same & (less > 0) & (less < 2 * self.half - slack))


def typed(
    cells: Sequence[Written | None],
    shape: Sequence[int],
    at: tuple[int, ...] | None = None,
    shown: int = 0,
    beside: tuple[int, int] | None = None,
) -> Typed:
    """Return written numbers in the shape of a quantity, or as its entry `at`.

    shown: the decimals that the sheet shows, see `shown_decimals`; beside: most decimals and
    digits of a quantity whose entries are written one by one.
    """
    own = tuple(int(dim) for dim in shape)
    value, mask = np.zeros(own), np.zeros(own, dtype=bool)
    half, decimals = np.zeros(own), np.full(own, NO_DECIMALS, dtype=np.int16)
    halves = half_units(cells, shown, beside)
    places = [at] if at is not None else list(np.ndindex(own))
    for place, cell, room in zip(places, cells, halves, strict=True):
        if cell is not None:
            value[place], mask[place], half[place] = cell.value, True, room
            decimals[place] = cell.decimals if cell.rounded else NO_DECIMALS
    return Typed(value, mask, half, decimals, is_shown(decimals, np.array(shown)))


def sheet_digits(
    value: Array, decimals: Whole, significant: Whole, number: Mask
) -> tuple[Whole, Whole]:
    """Return the most decimals and digits of each sheet, one a row: how its writer rounds.

    number: which entries are numbers with a last digit. Zeros say nothing; without any
    other number there are NO_DECIMALS.
    """
    number = number & (value != 0)
    places = np.where(number, decimals, NO_DECIMALS).max(axis=-1, initial=NO_DECIMALS)
    return places, np.where(number, significant, 0).max(axis=-1, initial=0)


def right_digit(value: Array, due: Array, further: Array | float = 0.0) -> Mask:
    """Tell where a number is the value due to one significant digit, within a further distance.

    >>> right_digit(np.array([1.0, 1.0]), np.array([0.96, 0.645])).tolist()
    [True, False]
    """
    room = 0.5 * 10.0 ** leading(due) * (due != 0)
    return np.asarray(np.abs(value - due) <= room * (1 + SLACK) + further)


def shown_decimals(value: Array, decimals: Whole, number: Mask, due: Array) -> Whole:
    """Return the decimals that each sheet shows its numbers to be rounded to, as bits.

    A number shows its own, if it has several digits or a right one: not 0, not 1.00 for 0.645.
    number: which entries are numbers with a last digit; the last axis is that of a sheet.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        digits = np.abs(value) / 10.0 ** leading(value)
        several = np.abs(digits - np.round(digits)) > SLACK
        tells = number & (value != 0) & (decimals > 0) & (several | right_digit(value, due))
    places = np.clip(decimals, 0, MOST_SHOWN).astype(np.int64)
    bits = np.where(tells, np.left_shift(np.int64(1), places), np.int64(0))
    return np.asarray(np.bitwise_or.reduce(bits, axis=-1))


def shown_bit(decimals: int) -> int:
    """Return what numbers of so many decimals show of a sheet; whole numbers show nothing."""
    return 1 << min(decimals, MOST_SHOWN) if decimals > 0 else 0


def is_shown(decimals: Whole, shown: Whole) -> Mask:
    """Tell which numbers of decimals have as many as the sheet shows."""
    places = np.clip(decimals, 0, MOST_SHOWN).astype(np.int64)
    return np.asarray((np.right_shift(shown, places) & 1).astype(bool) & (decimals > 0))


def longest(cells: Iterable[Written | None]) -> tuple[int, int]:
    """Return the most decimals and the most digits of numbers that have a last digit."""
    known = [cell for cell in cells if cell is not None and cell.rounded]
    return (
        max((cell.decimals for cell in known), default=NO_DECIMALS),
        max((cell.significant for cell in known), default=0),
    )


def half_units(
    cells: Sequence[Written | None], shown: int = 0, beside: tuple[int, int] | None = None
) -> list[float]:
    """Return half a unit of the last digit of each number of one answer.

    A whole number beside entries with decimals has lost zeros, by the decimals or by the
    significant digits of the longest: the 1 in (0.2, 1, 1.4) is no 1.3 rounded. A calculation
    has its own room.
    """
    known = [cell for cell in cells if cell is not None and cell.rounded]
    rooms = [0.0 if cell is None else cell.room for cell in cells]
    if not known:
        return rooms
    value = np.array([cell.value for cell in known])
    decimals = np.array([cell.decimals for cell in known])
    most, digits = map(np.array, longest(known) if beside is None else beside)
    half = half_of(decimals)
    odd = (decimals <= 0) | (value == 0)
    half[odd] = half_of_odd(value[odd], decimals[odd], most, digits, np.array(shown))
    found = iter(half.tolist())
    return [
        next(found) if cell is not None and cell.rounded else room
        for cell, room in zip(cells, rooms, strict=True)
    ]


def half_of_odd(value: Array, decimals: Whole, most: Whole, longest: Whole, shown: Whole) -> Array:
    """Return half a unit of numbers without decimals, and of zeros.

    most, longest: decimals and digits of the answer's longest entries; shown: the decimals
    that the sheet shows. A 0 has its own if they are among them, else the most; where nothing
    is shown, it is to be exact.
    """
    own = half_of(decimals)
    room = np.maximum(half_of(most), half_of(longest - 1 - leading(value).astype(int)))
    finest = np.maximum(most, np.frexp(shown.astype(float))[1] - 1)
    of_zero = half_of(np.where(is_shown(decimals, shown), decimals, finest))
    of_zero = np.where(shown > 0, of_zero, 0.0)
    return np.where(value == 0, of_zero, np.minimum(own, room))


def half_of(decimals: Whole) -> Array:
    """Return half a unit of so many decimals."""
    least, most = int(decimals.min(initial=0)), int(decimals.max(initial=0))
    with np.errstate(under="ignore", over="ignore"):
        table = 0.5 * 10.0 ** -np.arange(least, most + 1, dtype=float)
    found: Array = table[decimals - least]
    return found
