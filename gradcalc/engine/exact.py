"""Follow lines in fractions, so that what is zero or equal in decimals is so in the numbers.

The numbers of a file are decimals, which binary floats miss: 0.1 + 0.2 − 0.3 is not 0 in
floats, and a kink that is met there is missed. So every value that is a rational function of
numbers of the file is the float nearest to its exact value. Kinks, ties and zeros follow,
without a kernel that knows of them.

A value is followed as whole numbers over one denominator. The whole numbers stand in an
array of floats, which is exact up to 2⁵³, so that the kernels of the floats compute them as
they are; a bound of their sizes is carried along. Values whose whole numbers are longer are
computed in floats, and once more in fractions only where something cancels: where a sum is
below 10⁻¹¹ of its terms, or two numbers that are compared are as near as that.

Numbers, bounds and denominators are those of one entry of the leading axes: a student of a
class gets the very numbers that the same student has alone. A value behind a function that
leaves the fractions (exp, a root, …) is a float like any other, computed from the nearest
floats; once it is rounded it is a decimal again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf, lcm
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.kernels import Array

Kernel: TypeAlias = Callable[..., Array]
Mask: TypeAlias = npt.NDArray[np.bool_]
Lead: TypeAlias = Any
"""A number, or an array with one number for each entry of the leading axes."""

LIMIT = 2.0**52
"""Whole numbers and sums of their sizes up to here are exact floats, with a bit to spare."""
DENOMINATORS = (1, 10, 100, 1_000, 10_000, 60, 600, 10**6, 10**9, 27_720, 27_720_000, 10**12)
"""What the numbers of a file are over: decimals, and 1/3, 2/7, … up to twelfths."""


class Exact:
    """A rational value: whole numbers over a denominator, and how it is made.

    numbers: None where they are too long in every leading entry; `fits` tells where they
    are known. bound: no number is larger; infinite where they are too long, NaN where the
    value is a float like any other. made: kernel and operands, for fractions; a value
    that is made of nothing is its `leaf`: fractions, or floats that are read as such.
    plain: floats that an operation takes as they are.
    """

    __slots__ = ("bound", "denominator", "fits", "leaf", "made", "numbers", "plain", "rank")

    def __init__(
        self,
        numbers: Array | None,
        denominator: Lead,
        bound: Lead,
        rank: int,
        made: tuple[Kernel, Sequence[Any]] | None = None,
        leaf: Any = None,
    ) -> None:
        self.numbers, self.denominator, self.bound = numbers, denominator, bound
        self.rank, self.made, self.leaf = rank, made, leaf
        self.fits: bool | Mask = numbers is not None
        self.plain = False

    @property
    def value(self) -> Array:
        """Return the nearest floats, where the numbers are known."""
        assert self.numbers is not None
        if self.denominator is ONE:
            return self.numbers
        return np.asarray(self.numbers / over(self.denominator, self.rank))


ONE = 1


def over(lead: Lead, rank: int) -> Lead:
    """Return a number of each leading entry in the shape that goes with a value."""
    return lead.reshape(lead.shape + (1,) * rank) if isinstance(lead, np.ndarray) else lead


def padded(value: Array, rank: int, target: int) -> Array:
    """Return a value with ones between its leading axes and its own shape."""
    cut = value.ndim - rank
    return value.reshape(value.shape[:cut] + (1,) * (target - rank) + value.shape[cut:])


def largest(bounds: Sequence[Lead]) -> Lead:
    """Return the largest of bounds."""
    bound = bounds[0]
    for other in bounds[1:]:
        plain = isinstance(bound, float) and isinstance(other, float)
        bound = max(bound, other) if plain else np.maximum(bound, other)
    return bound


def times(one: Lead, other: Lead, bound: Lead) -> tuple[Lead, Lead]:
    """Return a product of denominators, the bound infinite where it is too long."""
    if isinstance(one, int) and isinstance(other, int):
        found = one * other
        return (found, bound) if found <= LIMIT else (ONE, bound + inf)
    short = np.multiply(one, other, dtype=float) <= LIMIT
    return np.where(short, np.multiply(one, other), 1), np.where(short, bound, bound + inf)


def common(args: Sequence[Exact | None]) -> tuple[list[Any] | None, Lead, list[Lead]] | None:
    """Return the whole numbers of several values over one denominator, and their bounds.

    None where one of the values is no fraction; no numbers where those of one are too long.
    """
    some = [arg for arg in args if arg is not None]
    if len(some) < len(args):
        return None
    bounds = [arg.bound for arg in some]
    if any(arg.numbers is None for arg in some):
        return None, ONE, bounds
    denominator: Lead = some[0].denominator
    if all(_same(arg.denominator, denominator) for arg in some[1:]):
        return [arg.numbers for arg in some], denominator, bounds
    short: Lead = True
    for arg in some[1:]:
        denominator, well = shared(denominator, arg.denominator)
        short = short & well
    numbers: list[Any] = []
    for at, arg in enumerate(some):
        assert arg.numbers is not None
        if isinstance(denominator, int):
            if not short:
                return None, ONE, bounds
            factor: Lead = float(denominator // arg.denominator)
            bounds[at] = bounds[at] * factor
        else:
            factor = np.where(short, denominator // arg.denominator, 1).astype(float)
            bounds[at] = bounds[at] * np.where(short, factor, inf)
        numbers.append(arg.numbers * over(factor, arg.rank))
    return numbers, denominator, bounds


def _same(one: Lead, other: Lead) -> bool:
    return one is other or (isinstance(one, int) and isinstance(other, int) and one == other)


def shared(one: Lead, other: Lead) -> tuple[Lead, Lead]:
    """Return the least common multiple, and where it is short enough."""
    if isinstance(one, int) and isinstance(other, int):
        found = lcm(one, other)
        return (found, True) if found <= LIMIT else (ONE, False)
    one, other = np.asarray(one), np.asarray(other)
    factor = other // np.gcd(one, other)
    short = np.multiply(one, factor, dtype=float) <= LIMIT
    return np.where(short, one * factor, 1), short


def constant(number: Fraction, shape: tuple[int, ...]) -> Exact:
    """Return a number of a formula in every entry of a shape."""
    if max(abs(number.numerator), number.denominator) <= LIMIT:
        numbers = np.full(shape, float(number.numerator))
        bound = max(1.0, abs(float(number.numerator)))
        return Exact(numbers, number.denominator, bound, len(shape))
    leaf = np.full(shape, number, dtype=object)
    return Exact(None, ONE, inf, len(shape), leaf=leaf)


def written(value: Array, rank: int) -> Exact:
    """Return numbers of the file: each is the simplest that its float is nearest to."""
    return decimals(value, rank) or Exact(None, ONE, _filled(value, rank, inf), rank, leaf=value)


def floats(value: Array, rank: int) -> Exact:
    """Return an operand that an operation takes as it is, be it exact or not."""
    found = Exact(None, ONE, inf, rank, leaf=value)
    found.plain = True
    return found


def _filled(value: Array, rank: int, number: float) -> Lead:
    lead = value.shape[: value.ndim - rank]
    return np.full(lead, number) if lead else number


def decimals(value: Array, rank: int) -> Exact | None:
    """Return numbers as whole numbers over a denominator that files have, if they are."""
    lead = value.shape[: value.ndim - rank]
    if not lead:
        largest_size = float(np.max(np.abs(value), initial=0.0))
        if not largest_size <= LIMIT:
            return None
        for denominator in DENOMINATORS:
            numbers = np.rint(value * denominator)
            bound = max(1.0, largest_size * denominator)
            if bound > LIMIT:
                continue
            if (numbers / denominator == value).all():
                return Exact(numbers, denominator, bound, rank)
        return None
    own = tuple(range(len(lead), value.ndim))
    sizes = np.max(np.abs(value), axis=own, initial=0.0)
    known = sizes <= LIMIT
    whole, value = value, np.where(over(known, rank), value, 0.0)
    left = np.asarray(known)
    found = np.ones(lead, dtype=np.int64)
    for denominator in DENOMINATORS:
        if not left.any():
            break
        numbers = np.rint(value * denominator)
        fits = (numbers / denominator == value).all(axis=own)
        fits &= left & (np.maximum(1.0, sizes * denominator) <= LIMIT)
        found = np.where(fits, denominator, found)
        left = left & ~fits
    fits = known & ~left
    if not fits.any():
        return None
    bounds = np.where(fits, np.maximum(1.0, sizes * found), inf)
    denominator_of: Lead = int(found.flat[0]) if (found == found.flat[0]).all() else found
    numbers = np.rint(value * over(found, rank))
    result = Exact(numbers, denominator_of, bounds, rank, leaf=whole)
    if not fits.all():
        result.numbers, result.fits = np.where(over(fits, rank), numbers, 0.0), fits
        result.denominator = found
    return result
