"""Compute values in fractions from the operations that made them, where floats cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, inf, nextafter
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.engine.exact import Exact, over

Objects: TypeAlias = npt.NDArray[np.object_]

BITS = 20_000
"""Length of a fraction beyond which nothing is computed in fractions."""
SIMPLE = {13: 10**4, 14: 10**4, 15: 10**4, 16: 10**7, 17: 10**7}
"""Denominators up to which a float is a fraction, by the digits of its shortest decimal: 2/7
may have few by chance, and with fewer still the decimal is meant."""


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
