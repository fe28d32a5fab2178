"""Compute values in fractions from the operations that made them, where floats cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.engine.exact import Exact, over

Objects: TypeAlias = npt.NDArray[np.object_]

BITS = 20_000
"""Length of a fraction beyond which nothing is computed in fractions."""
SIMPLE = (10**3, 10**5, 10**7)
"""Denominators up to which a float of many digits is the fraction that it is nearest to."""


class TooLongError(Exception):
    """A fraction of more digits than are worth the time."""


class Fractions:
    """Values in fractions, for some of the leading entries of one value."""

    def __init__(self, lead: tuple[int, ...], places: npt.NDArray[np.intp]) -> None:
        self.lead, self.places = lead, places
        self.found: dict[int, Objects] = {}

    def of(self, exact: Exact) -> Objects:
        """Return a value, and keep all those that it is made of.

        Raises TooLongError for fractions of very many digits.
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
        raise TooLongError
    return _objects(flat, value.shape)


def _objects(flat: list[Fraction], shape: tuple[int, ...]) -> Objects:
    found = np.empty(len(flat), dtype=object)
    found[:] = flat
    return found.reshape(shape)


def _decimal(value: float) -> Fraction:
    """Return the simplest fraction that a float is nearest to, or its shortest decimal."""
    number = float(value)
    for largest in SIMPLE:
        simple = Fraction(number).limit_denominator(largest)
        if float(simple) == number:
            return simple
    return Fraction(repr(number))
