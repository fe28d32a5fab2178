"""Read plain numbers in bulk: values by NumPy's reader, digits as written from the bytes.

A field is plain when it is an ASCII decimal of bounded length, `-0.31` or `2.5e-3`. All
other fields are left to `read_written`, one by one; what is read here equals it. A short
decimal is a whole number over a power of ten, -31/100: both are exact as floats, so that
their quotient is the float nearest to the decimal. Others are read by `float`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.grading.answers.written import MAX_TEXT
from gradcalc.grading.submissions.block import Small

Bytes: TypeAlias = npt.NDArray[np.uint8]

POINT, PLUS, MINUS, ZERO, EXPONENT = b".+-0e"
LOWER = 0x20
MOST_EXPONENT_DIGITS = 2
EXACT_DIGITS = 15  # every whole number of so many digits is a float
EXACT_POWERS = 10.0 ** np.arange(23)  # each of them is exact
ONE_LINE = bytes.maketrans(b"\n;\t", b",,,")


@dataclass(frozen=True)
class PlainFields:
    """Fields in their order: which are plain numbers, which are empty, and the numbers."""

    plain: Mask
    empty: Mask
    value: Array
    decimals: Small
    significant: Small


def read_plain(text: bytes, ends: Indices, *, digits: bool = True) -> PlainFields:
    """Return the numbers of fields that stand one after the other.

    text: the bytes of all fields, each with one separator or line feed behind it, at
    `ends`. digits: whether to count the digits as written.
    """
    fields = _Fields(text, ends)
    plain = fields.plain()
    decimals = significant = np.zeros(len(ends), dtype=np.int16)
    if digits:
        decimals = fields.decimals().astype(np.int16)
        significant = fields.significant().astype(np.int16)
    values = fields.values(plain)
    return PlainFields(plain, fields.lengths == 0, values, decimals, significant)


class _Fields:
    """Where points, signs and exponents stand in the bytes of many fields."""

    def __init__(self, text: bytes, ends: Indices) -> None:
        self.text, self.ends = text, ends
        self.data: Bytes = np.frombuffer(text, dtype=np.uint8)
        self.starts = np.empty_like(ends)
        self.starts[:1] = 0
        np.add(ends[:-1], 1, out=self.starts[1:])
        self.lengths = ends - self.starts
        self.digit: Mask = (self.data - np.uint8(ZERO)) < 10
        self.head = self.data.take(self.starts)
        self.signed = (self.head == MINUS) | (self.head == PLUS)
        self.points = np.flatnonzero(self.data == POINT)
        self.sign: Mask = (self.data == MINUS) | (self.data == PLUS)
        powers: Mask = (self.data | LOWER) == EXPONENT
        self.exponents = np.flatnonzero(powers) if powers.any() else self.points[:0]
        self.mantissa_end = ends
        self.power = np.zeros(0, dtype=np.intp)  # of each field in `powered`
        self.powered = self.power

    def of(self, places: Indices) -> Indices:
        """Return the field in which each byte stands."""
        return np.searchsorted(self.ends, places)

    @cached_property
    def pointed(self) -> Indices:
        """Return the field of each point: the ends of fields before it are counted."""
        marks = np.zeros(len(self.data), dtype=bool)
        marks[self.points] = marks[self.ends] = True
        point = np.flatnonzero(self.data.take(np.flatnonzero(marks)) == POINT)
        return point - np.arange(len(point))

    @cached_property
    def point(self) -> Indices:
        """Return where the point of each field stands, -1 for none."""
        points = self.points
        if len(points) == len(self.ends) and bool(
            ((points >= self.starts) & (points < self.ends)).all()
        ):
            return points
        found = np.full(len(self.ends), -1, dtype=np.intp)
        found[self.pointed] = points
        return found

    def plain(self) -> Mask:
        """Tell which fields are plain numbers, noting where their parts stand."""
        bad = (self.lengths - self.signed) <= 0
        bad |= self.lengths > MAX_TEXT
        self.look_for_others(bad)
        self.look_at_points(bad)
        self.look_at_signs(bad)
        if self.exponents.size:
            self.look_at_exponents(bad)
        fine: Mask = ~bad
        return fine

    def look_for_others(self, bad: Mask) -> None:
        """Note fields with any other byte."""
        known = np.count_nonzero(self.digit) + np.count_nonzero(self.sign)
        places = (self.points, self.exponents, self.ends)
        if known + sum(map(len, places)) < len(self.data):
            other = ~(self.digit | self.sign)
            for each in places:
                other[each] = False
            bad[self.of(np.flatnonzero(other))] = True

    def look_at_points(self, bad: Mask) -> None:
        """Note fields with two points, or one without a digit behind it."""
        lonely = self.points[~self.digit.take(self.points + 1)]
        if lonely.size:
            bad[self.of(lonely)] = True
        if np.count_nonzero(self.point >= 0) < len(self.points):
            field = self.pointed
            bad[field[1:][field[1:] == field[:-1]]] = True

    def look_at_signs(self, bad: Mask) -> None:
        """Note fields with a sign that stands anywhere but in front of digits."""
        if np.count_nonzero(self.sign) == np.count_nonzero(self.signed):
            return
        inner = self.sign.copy()
        inner[self.starts[self.signed]] = False
        places = np.flatnonzero(inner)
        after = (self.data[places - 1] | LOWER) == EXPONENT
        bad[self.of(places[~(after & self.digit[places + 1])])] = True

    def look_at_exponents(self, bad: Mask) -> None:
        """Note fields whose exponent is none of one or two digits, and read the others."""
        places, data = self.exponents, self.data
        field = self.of(places)
        bad[field[1:][field[1:] == field[:-1]]] = True
        ends = self.ends[field]
        count = ends - places - 1 - self.sign[places + 1]
        fine = (places > self.starts[field]) & self.digit[places - 1]
        fine &= (count >= 1) & (count <= MOST_EXPONENT_DIGITS) & (self.point[field] < places)
        fine &= self.digit[ends - 1] & (self.digit[ends - 2] | (count == 1))
        bad[field[~fine]] = True
        ten = np.where(count == 2, data[ends - 2].astype(np.intp) - ZERO, 0)
        power = 10 * ten + data[ends - 1] - ZERO
        self.power = np.where(data[places + 1] == MINUS, -power, power)
        self.powered = field
        self.mantissa_end = self.ends.copy()
        self.mantissa_end[field] = places

    @cached_property
    def behind(self) -> Indices:
        """Return how many digits stand behind each point."""
        found = self.mantissa_end - self.point
        found -= 1
        if self.point is not self.points:
            found[self.point < 0] = 0
        return found

    def decimals(self) -> Indices:
        """Return the digits behind the point, the exponent counted."""
        if not self.powered.size:
            return self.behind
        found = self.behind.copy()
        found[self.powered] -= self.power
        return found

    def significant(self) -> Indices:
        """Return the digits from the first that is not 0."""
        first = self.starts + self.signed
        data = self.data
        small = data.take(first) == ZERO  # then most are 0.12: what stands behind the point
        third = data.take(np.minimum(first + 2, len(data) - 1))
        sure = small & (self.point == first + 1) & (third > ZERO)
        all_digits = self.mantissa_end - first - (self.point >= 0)
        found = np.where(sure, self.behind, all_digits)
        open_ = np.flatnonzero((small & ~sure) | (data.take(first) == POINT))
        at = first[open_]
        zeros = np.zeros(len(open_), dtype=np.intp)
        left = np.arange(len(open_))
        while left.size:
            byte = data[at[left]]
            zeros[left] += byte == ZERO
            left = left[((byte == ZERO) | (byte == POINT)) & (at[left] < self.ends[open_[left]])]
            at[left] += 1
        found[open_] -= zeros
        return found

    def values(self, plain: Mask) -> Array:
        """Return the numbers of the plain fields, 0 for the others."""
        length = self.mantissa_end - self.starts
        short = (
            plain
            if int(length.max(initial=0)) <= EXACT_DIGITS
            else plain & (length <= EXACT_DIGITS)
        )
        if self.powered.size:
            short = short.copy()
            short[self.powered] = False
        if short.all():
            return _exact(self.text) / EXACT_POWERS.take(self.behind)
        found = np.zeros(len(plain))
        if short.any():
            found[short] = _exact(self.only(short)) / EXACT_POWERS.take(self.behind[short])
        long = plain & ~short
        if long.any():
            found[long] = [
                float(field) for field in self.only(long).translate(ONE_LINE)[:-1].split(b",")
            ]
            found += 0.0  # no negative zero
        return found

    def only(self, wanted: Mask) -> bytes:
        """Return the bytes of some fields, a separator behind each."""
        edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False))
        first = self.starts[edges[::2]].tolist()
        behind = (self.ends[edges[1::2] - 1] + 1).tolist()
        text = self.text
        return b"".join([text[begin:end] for begin, end in zip(first, behind, strict=True)])


def _exact(text: bytes) -> npt.NDArray[np.int64]:
    """Return the digits of short decimals as whole numbers, their points left out."""
    whole = text.translate(ONE_LINE, b".")
    return np.fromstring(whole, dtype=np.int64, sep=",")
