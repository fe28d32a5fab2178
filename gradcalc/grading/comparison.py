"""Compare a written value with one that it should be.

By default what the writer's own last digit stands for is the measure; a number of
decimals or significant digits, or a tolerance, can be asked for instead. A sign that
is wrong is never within a tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.kernels import Array
from gradcalc.grading.written import Written

Mask: TypeAlias = npt.NDArray[np.bool_]
Measure: TypeAlias = Literal["own digits", "decimals", "significant", "absolute", "relative"]

SLACK = 1e-9
"""Of the tolerance: bounds are included, whatever binary fractions make of them."""
NOISE = 1e-12
"""Relative to the value: what the order of additions may change."""
NOTHING = 1e-14
"""What may be left of numbers that cancel: a written 0 is this."""


@dataclass(frozen=True)
class Tolerance:
    """How far a written value may be from the one it should be."""

    measure: Measure = "own digits"
    amount: float = 0.0

    @property
    def described(self) -> str:
        """Return the tolerance in words, nothing for the writer's own digits."""
        if self.measure == "own digits":
            return ""
        if self.measure == "absolute":
            return f"within {self.amount:g}"
        if self.measure == "relative":
            return f"within {100 * self.amount:g} %"
        what = "decimal" if self.measure == "decimals" else "significant digit"
        return f"to {self.amount:g} {what}{'s' * (self.amount != 1)}"

    def half(self, due: Array, own: Array) -> Array:
        """Return the largest distance that counts as equal, entry by entry.

        own: half a unit of the last written digit.
        """
        if self.measure == "own digits":
            return own
        if self.measure == "decimals":
            return np.broadcast_to(0.5 * 10.0**-self.amount, np.shape(due))
        if self.measure == "significant":
            return np.asarray(0.5 * 10.0 ** (leading(due) + 1 - self.amount) * (due != 0))
        if self.measure == "absolute":
            return np.broadcast_to(self.amount, np.shape(due))
        return self.amount * np.abs(due)


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

    half: half a unit of the last written digit; texts: as written, in row order.
    """

    value: Array
    mask: Mask
    half: Array
    texts: tuple[str, ...]

    def agrees(self, due: Array, tolerance: Tolerance, further: Array | float = 0.0) -> Mask:
        """Tell for each entry whether it is the value due, within a further distance.

        Most are, by far: what else may count as equal is looked at only for the others.
        """
        with np.errstate(invalid="ignore"):
            distance = np.abs(self.value - due)
            room = (tolerance.half(due, self.half) + further) * (1 + SLACK)
            near = np.asarray(distance <= room)
            if not near.all():
                near |= distance <= room + NOISE * np.abs(due)
                near |= (self.value == 0) & (np.abs(due) <= NOTHING)
            product = self.value * due
            if (product < 0).any():
                near &= product >= -NOISE * np.abs(due)
        return np.asarray(self.mask & near & np.isfinite(due))

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
    sheet: int = 0,
) -> Typed:
    """Return written numbers in the shape of a quantity, or as its entry `at`.

    sheet: most decimals on the sheet; a 0 without decimals is taken to have as many. It is
    negative where there is nothing but zeros, which prove no rounding and have to be exact.
    """
    own = tuple(int(dim) for dim in shape)
    value, mask = np.zeros(own), np.zeros(own, dtype=bool)
    half = np.zeros(own)
    halves = half_units(cells, sheet)
    places = [at] if at is not None else list(np.ndindex(own))
    for place, cell, room in zip(places, cells, halves, strict=True):
        if cell is not None:
            value[place], mask[place], half[place] = cell.value, True, room
    return Typed(value, mask, half, tuple("_" if cell is None else cell.text for cell in cells))


def half_units(cells: Sequence[Written | None], sheet: int = 0) -> list[float]:
    """Return half a unit of the last digit of each number of one answer.

    A whole number beside entries with decimals has lost zeros, by the decimals or by the
    significant digits of the longest: the 1 in (0.2, 1, 1.4) is no 1.3 rounded.
    """
    known = [cell for cell in cells if cell is not None and cell.rounded]
    decimals = max((cell.decimals for cell in known), default=0)
    digits = max((cell.significant for cell in known), default=0)
    halves = []
    for cell in cells:
        if cell is None or not cell.rounded:
            halves.append(0.0)
        elif not cell.exact:
            places = max(decimals, sheet)
            halves.append(0.5 * 10.0**-places if places > 0 and sheet >= 0 else 0.0)
        else:
            own = 0.5 * 10.0**-cell.decimals
            if cell.decimals > 0:
                halves.append(own)
                continue
            first = float(leading(np.asarray(cell.value)))
            room = max(0.5 * 10.0**-decimals, 0.5 * 10.0 ** (first + 1 - digits))
            halves.append(min(own, room))
    return halves
