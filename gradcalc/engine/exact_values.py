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
from math import ceil, inf, lcm, nextafter, prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.operations.kernels import Array, Kernel, Mask

Lead: TypeAlias = Any
"""A number, or an array with one number for each entry of the leading axes."""

LIMIT = 2.0**52
"""Whole numbers and sums of their sizes up to here are exact floats, with a bit to spare."""
DENOMINATORS = (100, 10_000, 600, 10**6, 27_720, 10**9, 27_720_000, 10**12)
"""What the numbers of a file are over: decimals, and 1/3, 2/7, … up to twelfths. The first
that fits is taken; few of them, so that the students of a class mostly have the same."""

Objects: TypeAlias = npt.NDArray[np.object_]

BITS = 20_000
"""Length of a fraction beyond which nothing is computed in fractions."""
SIMPLE = {13: 10**4, 14: 10**4, 15: 10**4, 16: 10**7, 17: 10**7}
"""Denominators up to which a float is a fraction, by the digits of its shortest decimal: 2/7
may have few by chance, and with fewer still the decimal is meant."""


class Exact:
    """A rational value: whole numbers over a denominator, and how it is made.

    numbers: None where they are too long in every leading entry; `fits` tells where they
    are known. bound: no number is larger; infinite where they are too long, NaN where the
    value is a float like any other. made: kernel and operands, for fractions; a value
    that is made of nothing is its `leaf`: fractions, or floats that are read as such.
    plain: floats that an operation takes as they are, be they exact or not.
    """

    __slots__ = ("bound", "denominator", "fits", "leaf", "made", "numbers", "rank", "tight")
    plain = False

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
        self.tight = False

    def tighten(self) -> None:
        """Make the bound what the numbers need, in place of what they might have needed."""
        if self.tight or self.numbers is None:
            return
        self.tight = True
        if isinstance(self.bound, float):
            self.bound = max(1.0, float(np.max(np.abs(self.numbers), initial=0.0)))
            return
        sizes = np.maximum(1.0, largest_size(self.numbers, self.rank))
        self.bound = np.where(np.isfinite(self.bound), sizes, self.bound)

    @property
    def value(self) -> Array:
        """Return the nearest floats, where the numbers are known."""
        assert self.numbers is not None
        denominator = self.denominator
        if denominator is ONE:
            return self.numbers
        if isinstance(denominator, np.ndarray):
            denominator = over(denominator, self.rank)
        return self.numbers / denominator  # type: ignore[no-any-return]

    def where(self, value: Array) -> Exact:
        """Return the same without the entries that are NaN in its floats, which do not exist."""
        missing = np.isnan(value)
        if self.numbers is None or not missing.any():
            return self
        numbers = np.where(missing, np.nan, self.numbers)
        return Exact(numbers, self.denominator, self.bound, self.rank, self.made, self.leaf)


class PlainOperand(Exact):
    """An operand that an operation takes as it is."""

    __slots__ = ()
    plain = True


ONE = 1


def over(lead: Lead, rank: int) -> Lead:
    """Return a number of each leading entry in the shape that goes with a value."""
    return lead.reshape(lead.shape + (1,) * rank) if isinstance(lead, np.ndarray) else lead


def padded(value: Array, rank: int, target: int) -> Array:
    """Return a value with ones between its leading axes and its own shape."""
    cut = value.ndim - rank
    return value.reshape(value.shape[:cut] + (1,) * (target - rank) + value.shape[cut:])


def largest_size(value: Array, rank: int) -> Array:
    """Return the largest size of an entry, for every leading entry."""
    lead = value.shape[: value.ndim - rank]
    columns = np.ascontiguousarray(np.moveaxis(value.reshape(*lead, -1), -1, 0))
    return np.asarray(np.max(np.abs(columns), axis=0))


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
    first = args[0]
    if first is None:
        return None
    if len(args) == 1:
        alone = None if first.numbers is None else [first.numbers]
        return alone, first.denominator, [first.bound]
    denominator: Lead = first.denominator
    numbers: list[Any] = [first.numbers]
    bounds: list[Lead] = [first.bound]
    known, same = first.numbers is not None, True
    for arg in args[1:]:
        if arg is None:
            return None
        other = arg.denominator
        if other is not denominator:
            plain = isinstance(other, int) and isinstance(denominator, int)
            same = same and plain and other == denominator
        known = known and arg.numbers is not None
        numbers.append(arg.numbers)
        bounds.append(arg.bound)
    if not known:
        return None, ONE, bounds
    if same:
        return numbers, denominator, bounds
    return brought(args, numbers, bounds)


def brought(
    args: Sequence[Any], numbers: list[Any], bounds: list[Lead]
) -> tuple[list[Any] | None, Lead, list[Lead]]:
    """Return whole numbers brought to their least common denominator, and their bounds."""
    below = [arg.denominator for arg in args]
    if all(isinstance(each, int) for each in below):
        whole = lcm(*below)
        if whole > LIMIT:
            return None, ONE, bounds
        for at, each in enumerate(below):
            if each != whole:
                numbers[at] = numbers[at] * float(whole // each)
                bounds[at] = bounds[at] * float(whole // each)
        return numbers, whole, bounds
    denominator, short = below[0], True
    for each in below[1:]:
        denominator, well = shared(denominator, each)
        short = short & well
    for at, each in enumerate(below):
        factor = np.where(short, denominator // each, 1).astype(float)
        numbers[at] = numbers[at] * over(factor, args[at].rank)
        bounds[at] = bounds[at] * np.where(short, factor, inf)
    return numbers, denominator, bounds


def shared(one: Lead, other: Lead) -> tuple[Lead, Lead]:
    """Return the least common multiples, and where they are short enough."""
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


def written(value: Array, rank: int, spelled: Sequence[Fraction] | None = None) -> Exact:
    """Return numbers of the file: each is the simplest that its float is nearest to.

    spelled: what the file has in row order, where that is known.
    """
    found = decimals(value, rank)
    if found is not None:
        return found
    leaf: Any = value
    if spelled is not None:
        leaf = np.empty(value.size, dtype=object)
        leaf[:] = spelled
        leaf = leaf.reshape(value.shape)
    return Exact(None, ONE, _filled(value, rank, inf), rank, leaf=leaf)


def floats(value: Array, rank: int) -> Exact:
    """Return an operand that an operation takes as it is, be it exact or not."""
    return PlainOperand(None, ONE, inf, rank, leaf=value)


def _filled(value: Array, rank: int, number: float) -> Lead:
    lead = value.shape[: value.ndim - rank]
    return number if prod(lead) == 1 else np.full(lead, number)


def decimals(value: Array, rank: int) -> Exact | None:
    """Return numbers as whole numbers over a denominator that files have, if they are."""
    lead = value.shape[: value.ndim - rank]
    if value.size == 0:
        return None
    if prod(lead) == 1:
        return _alone(value, rank)
    sizes = largest_size(value, rank)
    first = DENOMINATORS[0]
    if (sizes * first <= LIMIT).all():
        numbers = np.rint(value * first)
        if (numbers / first == value).all():
            return Exact(numbers, first, np.maximum(1.0, sizes * first), rank)
    known = sizes <= LIMIT
    columns = np.moveaxis(np.where(over(known, rank), value, 0.0).reshape(*lead, -1), -1, 0)
    over_each = np.array(DENOMINATORS, dtype=float).reshape(-1, *(1,) * len(lead))
    likely = np.rint(columns[0] * over_each) / over_each == columns[0]
    known = known & likely.any(axis=0)
    left = np.asarray(known)
    found = np.ones(lead, dtype=np.int64)
    for denominator, some in zip(DENOMINATORS, likely.reshape(len(likely), -1), strict=True):
        if not left.any():
            break
        if not some.any():
            continue
        fits = (np.rint(columns * denominator) / denominator == columns).all(axis=0)
        fits &= left & (np.maximum(1.0, sizes * denominator) <= LIMIT)
        found = np.where(fits, denominator, found)
        left = left & ~fits
    fits = known & ~left
    if not fits.any():
        return None
    whole, value = value, np.where(over(known, rank), value, 0.0)
    bounds = np.where(fits, np.maximum(1.0, sizes * found), inf)
    denominator_of: Lead = int(found.flat[0]) if (found == found.flat[0]).all() else found
    numbers = np.rint(value * over(found, rank))
    result = Exact(numbers, denominator_of, bounds, rank, leaf=whole)
    if not fits.all():
        result.numbers, result.fits = np.where(over(fits, rank), numbers, 0.0), fits
        result.denominator = found
    return result


def _alone(value: Array, rank: int) -> Exact | None:
    """Return the same for numbers without leading axes."""
    most = float(np.max(np.abs(value), initial=0.0))
    if not most <= LIMIT:
        return None
    first = float(value.flat[0])  # most that are none fail here, before any array is made
    for denominator in DENOMINATORS:
        bound = max(1.0, most * denominator)
        if bound > LIMIT or round(first * denominator) / denominator != first:
            continue
        numbers = np.rint(value * denominator)
        if (numbers / denominator == value).all():
            return Exact(numbers, denominator, bound, rank)
    return None


class LongFractionError(Exception):
    """A fraction of more digits than are worth the time."""


class Fractions:
    """Values in fractions, for some of the leading entries of one value."""

    def __init__(self, lead: tuple[int, ...], places: npt.NDArray[np.intp]) -> None:
        self.lead, self.places = lead, places
        self.found: dict[int, Objects] = {}

    def of(self, exact: Exact) -> Objects:
        """Return a value, and keep all those that it is made of.

        Raises LongFractionError for fractions of very many digits.
        """
        waiting = [exact]
        while waiting:
            each = waiting[-1]
            if id(each) in self.found:
                waiting.pop()
                continue
            if self.known(each) or each.made is None:
                self.found[id(each)] = self.leaf(each)
                continue
            kernel, args = each.made
            missing = [arg for arg in args if id(arg) not in self.found]
            if missing:
                waiting += missing
                continue
            operands = [self.found[id(arg)] for arg in args]
            self.found[id(each)] = _fractions(kernel(*operands))
        return self.found[id(exact)]

    def known(self, exact: Exact) -> bool:
        """Tell whether the whole numbers of a value are known at all places."""
        if isinstance(exact.fits, bool):
            return exact.fits
        return bool(self.taken(exact.fits, 0).all())

    def taken(self, value: Any, rank: int) -> Any:
        """Return the entries of a value at the places; all of one without leading axes."""
        lead = value.shape[: value.ndim - rank]
        if not self.lead:
            return value
        own = value.shape[value.ndim - rank :]
        if not lead:
            return np.broadcast_to(value, (len(self.places), *own))
        return np.broadcast_to(value, (*self.lead, *own)).reshape(-1, *own)[self.places]

    def leaf(self, exact: Exact) -> Any:
        """Return a value that is made of nothing."""
        if exact.plain:
            return self.taken(np.asarray(exact.leaf), exact.rank)
        if not self.known(exact):
            return _fractions(self.taken(np.asarray(exact.leaf), exact.rank), _decimal)
        numbers = self.taken(np.asarray(exact.numbers), exact.rank)
        denominator = exact.denominator
        if isinstance(denominator, np.ndarray):
            below = np.broadcast_to(over(self.taken(denominator, 0), exact.rank), numbers.shape)
            pairs = zip(numbers.flat, below.flat, strict=True)
            flat = [Fraction(int(number), int(by)) for number, by in pairs]
        else:
            flat = [Fraction(int(number), denominator) for number in numbers.flat]
        return _objects(flat, numbers.shape)


def _fractions(value: Any, read: Callable[[Any], Fraction] = Fraction) -> Objects:
    value = np.asarray(value)
    flat = [each if isinstance(each, Fraction) else read(each) for each in value.flat]
    if any(max(each.numerator.bit_length(), each.denominator.bit_length()) > BITS for each in flat):
        raise LongFractionError
    return _objects(flat, value.shape)


def _objects(flat: list[Fraction], shape: tuple[int, ...]) -> Objects:
    found = np.empty(len(flat), dtype=object)
    found[:] = flat
    return found.reshape(shape)


def _decimal(value: float) -> Fraction:
    """Return the shortest decimal that a float is nearest to, or a simple fraction."""
    number = float(value)
    text = repr(number)
    simple_up_to = SIMPLE.get(sum(map(str.isdigit, text.partition("e")[0].lstrip("-0."))))
    if simple_up_to is None:
        return Fraction(text)
    exact, below, above = (Fraction(abs(each)) for each in (number, *_beside(number)))
    simple = _simplest((exact + below) / 2, (exact + above) / 2)
    if simple.denominator > simple_up_to or float(simple) != abs(number):
        return Fraction(text)
    return simple if number > 0 else -simple


def _beside(number: float) -> tuple[float, float]:
    size = abs(number)
    return nextafter(size, 0.0), nextafter(size, inf)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction of the least denominator between two positive ones."""
    whole = ceil(low)
    if whole <= high:
        return Fraction(whole)
    return whole - 1 + 1 / _simplest(1 / (high - whole + 1), 1 / (low - whole + 1))
