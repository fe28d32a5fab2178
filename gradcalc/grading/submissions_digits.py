"""Read plain numbers in bulk: values by NumPy's reader, digits as written from the bytes.

A field is plain when it is an ASCII decimal of bounded length, `-0.31` or `2.5e-3`. All
other fields are left to `read_written`, one by one; what is read here equals it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.kernels import Array
from gradcalc.grading.block import Small
from gradcalc.grading.written import MAX_TEXT

Bytes: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.intp]
Flags: TypeAlias = npt.NDArray[np.bool_]

COMMA, POINT, PLUS, MINUS, ZERO, EXPONENT = b",.+-0e"
LOWER = 0x20
MOST_EXPONENT_DIGITS = 2


@dataclass(frozen=True)
class Plain:
    """Fields in their order: which are plain numbers, which are empty, and the numbers."""

    plain: Flags
    empty: Flags
    value: Array
    decimals: Small
    significant: Small


def read_plain(data: Bytes, ends: Places, *, digits: bool = True) -> Plain:
    """Return the numbers of fields that stand one after the other.

    data: the bytes of all fields, each with one byte behind it, at `ends`; these bytes
    are overwritten. digits: whether to count the digits as written.
    """
    fields = _Fields(data, ends)
    plain = fields.plain()
    count = len(ends)
    decimals = significant = np.zeros(count, dtype=np.int16)
    if digits:
        decimals, significant = fields.decimals(), fields.significant()
    return Plain(plain, fields.empty, fields.values(plain), decimals, significant)


class _Fields:
    """Where points, signs and exponents stand in the bytes of many fields."""

    def __init__(self, data: Bytes, ends: Places) -> None:
        data[ends] = COMMA
        self.data, self.ends = data, ends
        self.starts = np.empty_like(ends)
        self.starts[:1] = 0
        self.starts[1:] = ends[:-1] + 1
        self.lengths = ends - self.starts
        self.empty: Flags = self.lengths == 0
        self.digit: Flags = (data - np.uint8(ZERO)) < 10
        self.points = np.flatnonzero(data == POINT)
        self.signs = np.flatnonzero((data == MINUS) | (data == PLUS))
        self.exponents = np.flatnonzero((data | LOWER) == EXPONENT)
        self.point = np.full(len(ends), -1, dtype=np.intp)  # of each field, -1 for none
        self.mantissa_end = ends
        self.power = np.zeros(0, dtype=np.intp)  # of each field in `powered`
        self.powered = self.power

    def of(self, places: Places) -> Places:
        """Return the field in which each byte stands."""
        if len(places) == len(self.ends) and not (
            (places < self.starts).any() or (places > self.ends).any()
        ):
            return np.arange(len(places))
        return np.searchsorted(self.ends, places)

    def plain(self) -> Flags:
        """Tell which fields are plain numbers, noting where their parts stand."""
        bad = self.empty | (self.lengths > MAX_TEXT)
        self.look_for_others(bad)
        self.look_at_points(bad)
        self.look_at_signs(bad)
        if self.exponents.size:
            self.look_at_exponents(bad)
        return ~bad

    def look_for_others(self, bad: Flags) -> None:
        """Note fields with any other byte."""
        known = (self.points, self.signs, self.exponents, self.ends)
        if np.count_nonzero(self.digit) + sum(map(len, known)) < len(self.data):
            other = ~self.digit
            for places in known:
                other[places] = False
            bad[np.searchsorted(self.ends, np.flatnonzero(other))] = True

    def look_at_points(self, bad: Flags) -> None:
        """Note fields with two points, or one without a digit behind it."""
        field = self.of(self.points)
        self.point[field] = self.points
        bad[field[1:][field[1:] == field[:-1]]] = True
        bad[field[~self.digit[self.points + 1]]] = True

    def look_at_signs(self, bad: Flags) -> None:
        """Note fields with a sign that stands anywhere but in front."""
        signs, data = self.signs, self.data
        field = self.of(signs)
        before = data[signs - 1]
        first = (signs == self.starts[field]) | ((before | LOWER) == EXPONENT)
        behind = data[signs + 1]
        bad[field[~(first & (self.digit[signs + 1] | (behind == POINT)))]] = True

    def look_at_exponents(self, bad: Flags) -> None:
        """Note fields whose exponent is none of one or two digits, and read the others."""
        places, data = self.exponents, self.data
        field = self.of(places)
        bad[field[1:][field[1:] == field[:-1]]] = True
        ends = self.ends[field]
        signed = (data[places + 1] == MINUS) | (data[places + 1] == PLUS)
        count = ends - places - 1 - signed
        fine = (places > self.starts[field]) & self.digit[places - 1]
        fine &= (count >= 1) & (count <= MOST_EXPONENT_DIGITS) & (self.point[field] < places)
        fine &= self.digit[ends - 1] & (self.digit[ends - 2] | (count == 1))
        bad[field[~fine]] = True
        unit = data[ends - 1].astype(np.intp) - ZERO
        ten = np.where(count == 2, data[ends - 2].astype(np.intp) - ZERO, 0)
        power = 10 * ten + unit
        self.power = np.where(data[places + 1] == MINUS, -power, power)
        self.powered = field
        self.mantissa_end = self.ends.copy()
        self.mantissa_end[field] = places

    def decimals(self) -> Small:
        """Return the digits behind the point, the exponent counted."""
        found = np.where(self.point >= 0, self.mantissa_end - 1 - self.point, 0)
        if self.powered.size:
            found[self.powered] -= self.power
        return found.astype(np.int16)

    def significant(self) -> Small:
        """Return the digits from the first that is not 0."""
        first = self.starts.copy()
        data = self.data
        open_ = np.flatnonzero(~self.empty)
        signed = data[first[open_]]
        first[open_[(signed == MINUS) | (signed == PLUS)]] += 1
        while open_.size:
            byte = data[first[open_]]
            open_ = open_[((byte == ZERO) | (byte == POINT)) & (first[open_] < self.ends[open_])]
            first[open_] += 1
        count = self.mantissa_end - first
        count -= (self.point >= first) & (self.point >= 0)
        return np.maximum(count, 0).astype(np.int16)

    def values(self, plain: Flags) -> Array:
        """Return the numbers of the plain fields, 0 for the others."""
        data = self.data
        if plain.all():
            return _numbers(data)
        found = np.zeros(len(plain))
        if plain.any():
            found[plain] = _numbers(data[np.repeat(plain, self.lengths + 1)])
        return found


def _numbers(data: Bytes) -> Array:
    """Return the numbers of plain fields that are parted by commas."""
    if not data.size:
        return np.zeros(0)
    text = data[:-1].tobytes().decode("ascii")
    numbers: Array = np.loadtxt([text], delimiter=",", comments=None, ndmin=1)
    numbers += 0.0  # no negative zero
    return numbers
